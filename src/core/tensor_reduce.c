#include <math.h>
#include <string.h>

#include "datamaestro/tensor.h"
#include "tensor_blocks.h"

/* Elements summed in a narrow type before they join the total: a constant, so that the compiler
 * vectorises the loop, and few enough that 16-bit elements stay below 31 bits. */
enum { CHUNK = 1024, LANES = 16 };

/* Wide enough for any number of 64-bit elements: overflow is looked for once, at the end. */
__extension__ typedef __int128 wide;

#define DEFINE_INTEGER_SUM(TYPE, NAME, NARROW)                                                               \
  static wide sum_##NAME(const unsigned char *in, size_t count) {                                            \
    wide total = 0;                                                                                          \
    TYPE value;                                                                                              \
    for (; count >= CHUNK; count -= CHUNK, in += CHUNK * sizeof value) {                                     \
      NARROW part = 0;                                                                                       \
      for (size_t i = 0; i < CHUNK; i++) {                                                                   \
        memcpy(&value, in + i * sizeof value, sizeof value);                                                 \
        part += value;                                                                                       \
      }                                                                                                      \
      total += part;                                                                                         \
    }                                                                                                        \
    for (size_t i = 0; i < count; i++) {                                                                     \
      memcpy(&value, in + i * sizeof value, sizeof value);                                                   \
      total += value;                                                                                        \
    }                                                                                                        \
    return total;                                                                                            \
  }
DEFINE_INTEGER_SUM(uint8_t, uint8, int32_t)
DEFINE_INTEGER_SUM(int8_t, int8, int32_t)
DEFINE_INTEGER_SUM(uint16_t, uint16, int64_t)
DEFINE_INTEGER_SUM(int16_t, int16, int32_t)
DEFINE_INTEGER_SUM(int32_t, int32, int64_t)
DEFINE_INTEGER_SUM(int64_t, int64, wide)

static wide integer_sum(enum dm_dtype dtype, const unsigned char *in, size_t count) {
  switch (dtype) {
#define CALL_SUM(CONSTANT, TYPE, NAME)                                                                       \
  case CONSTANT:                                                                                             \
    return sum_##NAME(in, count);
    DM_INTEGER_TYPES(CALL_SUM)
#undef CALL_SUM
  default:
    return 0;
  }
}

static wide integer_total(const struct dm_tensor *tensor) {
  struct dm_blocks blocks;
  const unsigned char *in = NULL;
  size_t count = 0;
  wide total = 0;
  dm_blocks_start(&blocks, tensor);
  while ((in = dm_blocks_next(&blocks, SIZE_MAX, &count)) != NULL)
    total += integer_sum(tensor->dtype, in, count);
  return total;
}

/* Neumaier's sum: what each addition rounds off is kept, and added at the end. */
struct compensated {
  double sum;
  double lost;
};

static void add(struct compensated *total, double value) {
  double sum = total->sum + value;
  total->lost += fabs(total->sum) >= fabs(value) ? (total->sum - sum) + value : (value - sum) + total->sum;
  total->sum = sum;
}

/* Infinities and NaN have no rounding: their `lost` is NaN. */
static double compensate(const struct compensated *total) {
  return isfinite(total->sum) ? total->sum + total->lost : total->sum;
}

/* Sixteen sums side by side hide the latency of the additions; each is compensated, so the result
 * does not depend on how many elements there are. */
#define DEFINE_REAL_SUM(TYPE, NAME)                                                                          \
  static void add_##NAME(struct compensated *lanes, const unsigned char *in, size_t count) {                 \
    TYPE value;                                                                                              \
    for (; count >= LANES; count -= LANES, in += LANES * sizeof value)                                       \
      for (size_t i = 0; i < LANES; i++) {                                                                   \
        memcpy(&value, in + i * sizeof value, sizeof value);                                                 \
        add(&lanes[i], (double)value);                                                                       \
      }                                                                                                      \
    for (size_t i = 0; i < count; i++) {                                                                     \
      memcpy(&value, in + i * sizeof value, sizeof value);                                                   \
      add(&lanes[i], (double)value);                                                                         \
    }                                                                                                        \
  }
DEFINE_REAL_SUM(float, float32)
DEFINE_REAL_SUM(double, float64)

static double real_total(const struct dm_tensor *tensor) {
  struct dm_blocks blocks;
  struct compensated lanes[LANES] = {{0}};
  struct compensated total = {0};
  const unsigned char *in = NULL;
  size_t count = 0;
  dm_blocks_start(&blocks, tensor);
  while ((in = dm_blocks_next(&blocks, SIZE_MAX, &count)) != NULL) {
    if (tensor->dtype == DM_FLOAT32)
      add_float32(lanes, in, count);
    else
      add_float64(lanes, in, count);
  }
  for (size_t i = 0; i < LANES; i++) {
    add(&total, lanes[i].sum);
    if (isfinite(lanes[i].sum))
      total.lost += lanes[i].lost;
  }
  return compensate(&total);
}

int dm_tensor_sum(const struct dm_tensor *tensor, struct dm_scalar *sum, struct dm_error *err) {
  *sum = (struct dm_scalar){.is_integer = dm_dtype_is_integer(tensor->dtype)};
  if (!sum->is_integer) {
    sum->real = real_total(tensor);
    return 0;
  }
  wide total = integer_total(tensor);
  if (total < INT64_MIN || total > INT64_MAX)
    return dm_error_set(err, DM_ERROR_FORMAT, "sum: about %.3g (a 64-bit integer expected)", (double)total);
  sum->integer = (int64_t)total;
  return 0;
}

static int check_elements(const struct dm_tensor *tensor, const char *subject, struct dm_error *err) {
  char text[DM_SHAPE_TEXT_SIZE];
  if (dm_tensor_numel(tensor) > 0)
    return 0;
  return dm_error_set(err, DM_ERROR_USAGE, "%s: tensor of shape %s (one element or more expected)", subject,
                      dm_shape_text(text, tensor->ndim, tensor->shape, " × "));
}

int dm_tensor_mean(const struct dm_tensor *tensor, double *mean, struct dm_error *err) {
  if (check_elements(tensor, "mean", err) != 0)
    return -1;
  double total = dm_dtype_is_integer(tensor->dtype) ? (double)integer_total(tensor) : real_total(tensor);
  *mean = total / (double)dm_tensor_numel(tensor);
  return 0;
}

#define DEFINE_INTEGER_RANGE(CONSTANT, TYPE, NAME)                                                           \
  static void range_##NAME(const unsigned char *in, size_t count, struct dm_scalar *least,                   \
                           struct dm_scalar *greatest) {                                                     \
    TYPE low;                                                                                                \
    TYPE high;                                                                                               \
    TYPE value;                                                                                              \
    memcpy(&low, in, sizeof low);                                                                            \
    high = low;                                                                                              \
    for (; count >= CHUNK; count -= CHUNK, in += CHUNK * sizeof value)                                       \
      for (size_t i = 0; i < CHUNK; i++) {                                                                   \
        memcpy(&value, in + i * sizeof value, sizeof value);                                                 \
        low = value < low ? value : low;                                                                     \
        high = value > high ? value : high;                                                                  \
      }                                                                                                      \
    for (size_t i = 0; i < count; i++) {                                                                     \
      memcpy(&value, in + i * sizeof value, sizeof value);                                                   \
      low = value < low ? value : low;                                                                       \
      high = value > high ? value : high;                                                                    \
    }                                                                                                        \
    least->integer = low < least->integer ? low : least->integer;                                            \
    greatest->integer = high > greatest->integer ? high : greatest->integer;                                 \
  }
DM_INTEGER_TYPES(DEFINE_INTEGER_RANGE)

/* A comparison with NaN is false, so NaN is noted apart and put in at the end. */
#define COMPARE(LANE)                                                                                        \
  memcpy(&value, in + i * sizeof value, sizeof value);                                                       \
  unordered |= value != value;                                                                               \
  low[LANE] = value < low[LANE] ? value : low[LANE];                                                         \
  high[LANE] = value > high[LANE] ? value : high[LANE];

#define DEFINE_REAL_RANGE(CONSTANT, TYPE, NAME)                                                              \
  static void range_##NAME(const unsigned char *in, size_t count, struct dm_scalar *least,                   \
                           struct dm_scalar *greatest) {                                                     \
    TYPE value;                                                                                              \
    TYPE low[LANES];                                                                                         \
    TYPE high[LANES];                                                                                        \
    int unordered = 0;                                                                                       \
    for (size_t i = 0; i < LANES; i++) {                                                                     \
      low[i] = (TYPE)INFINITY;                                                                               \
      high[i] = (TYPE)-INFINITY;                                                                             \
    }                                                                                                        \
    for (; count >= LANES; count -= LANES, in += LANES * sizeof value)                                       \
      for (size_t i = 0; i < LANES; i++) {                                                                   \
        COMPARE(i)                                                                                           \
      }                                                                                                      \
    for (size_t i = 0; i < count; i++) {                                                                     \
      COMPARE(0)                                                                                             \
    }                                                                                                        \
    for (size_t i = 0; i < LANES; i++) {                                                                     \
      least->real = (double)low[i] < least->real ? (double)low[i] : least->real;                             \
      greatest->real = (double)high[i] > greatest->real ? (double)high[i] : greatest->real;                  \
    }                                                                                                        \
    if (unordered != 0)                                                                                      \
      least->real = greatest->real = (double)NAN;                                                            \
  }
DM_FLOAT_TYPES(DEFINE_REAL_RANGE)

static void block_range(enum dm_dtype dtype, const unsigned char *in, size_t count, struct dm_scalar *least,
                        struct dm_scalar *greatest) {
  switch (dtype) {
#define CALL_RANGE(CONSTANT, TYPE, NAME)                                                                     \
  case CONSTANT:                                                                                             \
    range_##NAME(in, count, least, greatest);                                                                \
    break;
    DM_INTEGER_TYPES(CALL_RANGE)
    DM_FLOAT_TYPES(CALL_RANGE)
#undef CALL_RANGE
  }
}

int dm_tensor_range(const struct dm_tensor *tensor, struct dm_scalar *least, struct dm_scalar *greatest,
                    struct dm_error *err) {
  struct dm_blocks blocks;
  const unsigned char *in = NULL;
  size_t count = 0;
  if (check_elements(tensor, "range", err) != 0)
    return -1;
  bool is_integer = dm_dtype_is_integer(tensor->dtype);
  *least = (struct dm_scalar){.is_integer = is_integer, .integer = INT64_MAX, .real = INFINITY};
  *greatest = (struct dm_scalar){.is_integer = is_integer, .integer = INT64_MIN, .real = -INFINITY};
  dm_blocks_start(&blocks, tensor);
  while ((in = dm_blocks_next(&blocks, SIZE_MAX, &count)) != NULL)
    block_range(tensor->dtype, in, count, least, greatest);
  return 0;
}

static bool same_reals(enum dm_dtype dtype, const unsigned char *a, const unsigned char *b, size_t count) {
  size_t item = dm_dtype_size(dtype);
  for (size_t i = 0; i < count; i++) /* NaN differs from itself, so bytes do not tell */
    if (dm_dtype_load(dtype, a + i * item).real != dm_dtype_load(dtype, b + i * item).real)
      return false;
  return true;
}

bool dm_tensor_equal(const struct dm_tensor *a, const struct dm_tensor *b) {
  struct dm_blocks left;
  struct dm_blocks right;
  size_t item = dm_dtype_size(a->dtype);
  size_t count = 0;
  const unsigned char *in = NULL;
  if (a->dtype != b->dtype || a->ndim != b->ndim ||
      memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof *a->shape) != 0)
    return false;
  dm_blocks_start(&left, a);
  dm_blocks_start(&right, b);
  while ((in = dm_blocks_next(&left, SIZE_MAX, &count)) != NULL) {
    size_t part = 0;
    for (size_t done = 0; done < count; done += part) {
      const unsigned char *other = dm_blocks_next(&right, count - done, &part);
      if (dm_dtype_is_integer(a->dtype) ? memcmp(in + done * item, other, part * item) != 0
                                        : !same_reals(a->dtype, in + done * item, other, part))
        return false;
    }
  }
  return true;
}
