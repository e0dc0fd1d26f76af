#include <string.h>

#include "datamaestro/tensor.h"
#include "tensor_blocks.h"

/* Kernels: `count` dense native elements of one type into another; false where a value does not fit.
 * The loops have no early way out, so that the compiler can make good code of them; the culprit is
 * looked for afterwards. `source` is the type that the function around defines. */
#define CONVERT(TARGET, FITS)                                                                                \
  for (size_t i = 0; i < count; i++) {                                                                       \
    source value;                                                                                            \
    memcpy(&value, in + i * sizeof value, sizeof value);                                                     \
    bool fit = (FITS);                                                                                       \
    TARGET result = fit ? (TARGET)value : (TARGET)0;                                                         \
    memcpy(out + i * sizeof result, &result, sizeof result);                                                 \
    fits &= fit;                                                                                             \
  }

/* An integer type's range in doubles, LOW included and HIGH not: both are exact. */
#define TWO_TO_THE(N) (2.0 * (double)((uint64_t)1 << ((N)-1)))
#define IS_UNSIGNED(TYPE) ((TYPE)-1 > 0)
#define LOW(TYPE) (IS_UNSIGNED(TYPE) ? 0.0 : -TWO_TO_THE(8 * sizeof(TYPE) - 1))
#define HIGH(TYPE) TWO_TO_THE(8 * sizeof(TYPE) - (IS_UNSIGNED(TYPE) ? 0 : 1))

#define INTEGER_TO_INTEGER(CONSTANT, TARGET, NAME)                                                           \
  case CONSTANT:                                                                                             \
    CONVERT(TARGET, (int64_t)(TARGET)value == (int64_t)value)                                                \
    break;
/* The cast to an integer is reached by values in range only, NaN not among them. */
#define REAL_TO_INTEGER(CONSTANT, TARGET, NAME)                                                              \
  case CONSTANT:                                                                                             \
    CONVERT(TARGET, (double)value >= LOW(TARGET) && (double)value < HIGH(TARGET) &&                          \
                        (double)(int64_t)value == (double)value)                                             \
    break;
#define ANY_TO_REAL(CONSTANT, TARGET, NAME)                                                                  \
  case CONSTANT:                                                                                             \
    CONVERT(TARGET, true)                                                                                    \
    break;

#define DEFINE_FROM(SOURCE, NAME, TO_INTEGER)                                                                \
  static bool from_##NAME(const unsigned char *restrict in, size_t count, enum dm_dtype target,              \
                          unsigned char *restrict out) {                                                     \
    typedef SOURCE source;                                                                                   \
    bool fits = true;                                                                                        \
    switch (target) { DM_INTEGER_TYPES(TO_INTEGER) DM_FLOAT_TYPES(ANY_TO_REAL) }                             \
    return fits;                                                                                             \
  }
DEFINE_FROM(uint8_t, uint8, INTEGER_TO_INTEGER)
DEFINE_FROM(int8_t, int8, INTEGER_TO_INTEGER)
DEFINE_FROM(int16_t, int16, INTEGER_TO_INTEGER)
DEFINE_FROM(int32_t, int32, INTEGER_TO_INTEGER)
DEFINE_FROM(int64_t, int64, INTEGER_TO_INTEGER)
DEFINE_FROM(float, float32, REAL_TO_INTEGER)
DEFINE_FROM(double, float64, REAL_TO_INTEGER)

static bool convert(enum dm_dtype source, const unsigned char *in, size_t count, enum dm_dtype target,
                    unsigned char *out) {
  switch (source) {
#define CALL_FROM(CONSTANT, TYPE, NAME)                                                                      \
  case CONSTANT:                                                                                             \
    return from_##NAME(in, count, target, out);
    DM_INTEGER_TYPES(CALL_FROM)
    DM_FLOAT_TYPES(CALL_FROM)
#undef CALL_FROM
  }
  return false;
}

/* Names the first of `count` elements that does not fit; there is one. */
static int refuse(enum dm_dtype source, const unsigned char *in, size_t count, enum dm_dtype target,
                  struct dm_error *err) {
  unsigned char out[sizeof(double)];
  size_t i = 0;
  while (i + 1 < count && convert(source, in + i * dm_dtype_size(source), 1, target, out))
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
    if (!convert(tensor->dtype, in, count, dtype, next))
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
