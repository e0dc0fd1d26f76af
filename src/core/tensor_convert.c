#include <string.h>

#include "datamaestro/tensor.h"
#include "tensor_blocks.h"

/* The loops have no early way out, so that the compiler can make good code of them; the culprit is
 * looked for afterwards. */
#define DEFINE_KERNEL(FROM, SOURCE, TO, TARGET, FITS)                                                        \
  static bool FROM##_to_##TO(const unsigned char *restrict in, size_t count, unsigned char *restrict out) {  \
    bool fits = true;                                                                                        \
    for (size_t i = 0; i < count; i++) {                                                                     \
      SOURCE value;                                                                                          \
      memcpy(&value, in + i * sizeof value, sizeof value);                                                   \
      bool fit = (FITS);                                                                                     \
      TARGET result = fit ? (TARGET)value : (TARGET)0;                                                       \
      memcpy(out + i * sizeof result, &result, sizeof result);                                               \
      fits &= fit;                                                                                           \
    }                                                                                                        \
    return fits;                                                                                             \
  }

/* An integer type's range in doubles, LOW included and HIGH not: both are exact. */
#define TWO_TO_THE(N) (2.0 * (double)((uint64_t)1 << ((N)-1)))
#define IS_UNSIGNED(TYPE) ((TYPE)-1 > 0)
#define LOW(TYPE) (IS_UNSIGNED(TYPE) ? 0.0 : -TWO_TO_THE(8 * sizeof(TYPE) - 1))
#define HIGH(TYPE) TWO_TO_THE(8 * sizeof(TYPE) - (IS_UNSIGNED(TYPE) ? 0 : 1))

#define INTEGER_TO_INTEGER(FROM, SOURCE, TO, TARGET)                                                         \
  DEFINE_KERNEL(FROM, SOURCE, TO, TARGET, (int64_t)(TARGET)value == (int64_t)value)
/* The cast to an integer is reached by values in range only, NaN not among them. */
#define REAL_TO_INTEGER(FROM, SOURCE, TO, TARGET)                                                            \
  DEFINE_KERNEL(FROM, SOURCE, TO, TARGET,                                                                    \
                (double)value >= LOW(TARGET) && (double)value < HIGH(TARGET) &&                              \
                    (double)(int64_t)value == (double)value)

#define DEFINE_KERNELS(FROM, SOURCE, TO_INTEGER)                                                             \
  TO_INTEGER(FROM, SOURCE, uint8, uint8_t)                                                                   \
  TO_INTEGER(FROM, SOURCE, int8, int8_t)                                                                     \
  TO_INTEGER(FROM, SOURCE, uint16, uint16_t)                                                                 \
  TO_INTEGER(FROM, SOURCE, int16, int16_t)                                                                   \
  TO_INTEGER(FROM, SOURCE, int32, int32_t)                                                                   \
  TO_INTEGER(FROM, SOURCE, int64, int64_t)                                                                   \
  DEFINE_KERNEL(FROM, SOURCE, float32, float, true)                                                          \
  DEFINE_KERNEL(FROM, SOURCE, float64, double, true)
DEFINE_KERNELS(uint8, uint8_t, INTEGER_TO_INTEGER)
DEFINE_KERNELS(int8, int8_t, INTEGER_TO_INTEGER)
DEFINE_KERNELS(uint16, uint16_t, INTEGER_TO_INTEGER)
DEFINE_KERNELS(int16, int16_t, INTEGER_TO_INTEGER)
DEFINE_KERNELS(int32, int32_t, INTEGER_TO_INTEGER)
DEFINE_KERNELS(int64, int64_t, INTEGER_TO_INTEGER)
DEFINE_KERNELS(float32, float, REAL_TO_INTEGER)
DEFINE_KERNELS(float64, double, REAL_TO_INTEGER)

static dm_conversion *const kernels[DM_DTYPES][DM_DTYPES] = {
#define ROW(CONSTANT, TYPE, FROM)                                                                            \
  [CONSTANT] = {                                                                                             \
      [DM_UINT8] = FROM##_to_uint8,     [DM_INT8] = FROM##_to_int8,      [DM_UINT16] = FROM##_to_uint16,     \
      [DM_INT16] = FROM##_to_int16,     [DM_INT32] = FROM##_to_int32,    [DM_INT64] = FROM##_to_int64,       \
      [DM_FLOAT32] = FROM##_to_float32, [DM_FLOAT64] = FROM##_to_float64},
    DM_INTEGER_TYPES(ROW) DM_FLOAT_TYPES(ROW)
#undef ROW
};

dm_conversion *dm_dtype_conversion(enum dm_dtype from, enum dm_dtype to) {
  return kernels[from][to];
}

void dm_typed_start(struct dm_typed *typed, const struct dm_tensor *tensor, enum dm_dtype dtype) {
  dm_blocks_start(&typed->blocks, tensor);
  typed->conversion = tensor->dtype == dtype ? NULL : kernels[tensor->dtype][dtype];
}

const unsigned char *dm_typed_take(struct dm_typed *typed, size_t count) {
  const unsigned char *in = dm_blocks_take(&typed->blocks, count);
  if (typed->conversion == NULL)
    return in;
  (void)typed->conversion(in, count, typed->converted);
  return typed->converted;
}

/* Names the first of `count` elements that does not fit; there is one. */
static int refuse(enum dm_dtype source, const unsigned char *in, size_t count, enum dm_dtype target,
                  struct dm_error *err) {
  unsigned char out[sizeof(double)];
  size_t i = 0;
  while (i + 1 < count && kernels[source][target](in + i * dm_dtype_size(source), 1, out))
    i++;
  struct dm_scalar value = dm_dtype_load(source, in + i * dm_dtype_size(source));
  const char *name = dm_dtype_name(target);
  if (value.is_integer)
    return dm_error_set(err, DM_ERROR_FORMAT, "value %lld: out of range (%s expected)",
                        (long long)value.integer, name);
  return dm_error_set(err, DM_ERROR_FORMAT, "value %.17g: not a whole number in range (%s expected)",
                      value.real, name);
}

int dm_tensor_convert(const struct dm_tensor *tensor, enum dm_dtype dtype, void *out, size_t out_size,
                      struct dm_error *err) {
  struct dm_blocks blocks;
  const unsigned char *in = NULL;
  unsigned char *next = out;
  size_t count = 0;
  size_t numel = dm_tensor_numel(tensor);
  if (out_size / dm_dtype_size(dtype) != numel || out_size % dm_dtype_size(dtype) != 0)
    return dm_error_set(err, DM_ERROR_USAGE, "convert: %zu bytes (%zu elements of %s expected)", out_size,
                        numel, dm_dtype_name(dtype));
  dm_blocks_start(&blocks, tensor);
  if (dtype == tensor->dtype) {
    dm_blocks_copy(&blocks, out);
    return 0;
  }
  while ((in = dm_blocks_next(&blocks, SIZE_MAX, &count)) != NULL) {
    if (!kernels[tensor->dtype][dtype](in, count, next))
      return refuse(tensor->dtype, in, count, dtype, err);
    next += count * dm_dtype_size(dtype);
  }
  return 0;
}

int dm_tensor_copy(struct dm_tensor *copy, const struct dm_tensor *tensor, enum dm_dtype dtype,
                   struct dm_error *err) {
  if (dm_tensor_alloc(copy, dtype, tensor->ndim, tensor->shape, err) != 0)
    return -1;
  if (dm_tensor_convert(tensor, dtype, copy->storage->bytes, copy->storage->size, err) == 0)
    return 0;
  dm_tensor_close(copy);
  return -1;
}
