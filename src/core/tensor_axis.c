#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "datamaestro/tensor_math.h"
#include "tensor_blocks.h"

enum { WIDE_SIZE = 8 }; /* bytes of a value */

/* A dimension of `length` between what lies outside and what lies inside of it: the elements come in the
 * order of outer × length × inner. Each pair of an outer and an inner index has a value and, for extremes, a
 * place: the index along the dimension. */
struct axis {
  size_t outer;
  size_t length;
  size_t inner;
  size_t results;       /* outer × inner */
  unsigned char *value; /* int64_t or double, of which `wide` tells */
  int64_t *place;       /* NULL for sums */
  enum dm_dtype wide;   /* DM_INT64 or DM_FLOAT64 */
};

/* Kernels: fold `count` elements into as many values (`step` 1) or into one (`step` 0). `first` is the place
 * of the first; with step 0 places count on. False where a sum does not fit. */
typedef bool kernel(unsigned char *restrict value, int64_t *restrict place, const unsigned char *restrict in,
                    size_t count, int64_t first, size_t step);

// NOLINTBEGIN(bugprone-macro-parentheses,readability-non-const-parameter): FOLD is a statement; one signature
#define DEFINE_KERNEL(NAME, TYPE, FOLD)                                                                      \
  static inline bool NAME##_steps(TYPE *restrict values, int64_t *restrict place,                            \
                                  const unsigned char *restrict in, size_t count, int64_t first,             \
                                  size_t step) {                                                             \
    bool fits = true;                                                                                        \
    for (size_t i = 0; i < count; i++) {                                                                     \
      TYPE x;                                                                                                \
      TYPE *value = &values[i * step];                                                                       \
      memcpy(&x, in + i * sizeof x, sizeof x);                                                               \
      FOLD                                                                                                   \
    }                                                                                                        \
    (void)place;                                                                                             \
    (void)first;                                                                                             \
    return fits;                                                                                             \
  }                                                                                                          \
  static bool NAME(unsigned char *restrict value, int64_t *restrict place, const unsigned char *restrict in, \
                   size_t count, int64_t first, size_t step) {                                               \
    TYPE *values = (TYPE *)(void *)value; /* aligned as malloc aligns */                                     \
    return step == 0 ? NAME##_steps(values, place, in, count, first, 0)                                      \
                     : NAME##_steps(values, place, in, count, first, 1);                                     \
  }

/* The first NaN stays: what differs from itself. */
#define KEEP(OPERATOR)                                                                                       \
  if (x OPERATOR * value || (x != x && *value == *value)) {                                                  \
    *value = x;                                                                                              \
    place[i * step] = first + (step == 0 ? (int64_t)i : 0);                                                  \
  }

DEFINE_KERNEL(sum_integers, int64_t, fits &= !__builtin_add_overflow(*value, x, value);)
DEFINE_KERNEL(sum_reals, double, *value += x;)
DEFINE_KERNEL(least_integers, int64_t, KEEP(<))
DEFINE_KERNEL(least_reals, double, KEEP(<))
DEFINE_KERNEL(greatest_integers, int64_t, KEEP(>))
DEFINE_KERNEL(greatest_reals, double, KEEP(>))
// NOLINTEND(bugprone-macro-parentheses,readability-non-const-parameter)

static const struct {
  const char *name;
  kernel *integers;
  kernel *reals;
} reductions[] = {
    [DM_SUM] = {"sum", sum_integers, sum_reals},
    [DM_MEAN] = {"mean", sum_integers, sum_reals},
    [DM_MIN] = {"min", least_integers, least_reals},
    [DM_MAX] = {"max", greatest_integers, greatest_reals},
    [DM_ARGMIN] = {"argmin", least_integers, least_reals},
    [DM_ARGMAX] = {"argmax", greatest_integers, greatest_reals},
};

/* What every element beats, or is equal to at place 0. */
static void fill_worst(struct axis *axis, enum dm_reduction reduction) {
  bool least = reduction == DM_MIN || reduction == DM_ARGMIN;
  int64_t integer = least ? INT64_MAX : INT64_MIN;
  double real = least ? INFINITY : -INFINITY;
  const void *worst = axis->wide == DM_INT64 ? (const void *)&integer : (const void *)&real;
  for (size_t i = 0; i < axis->results; i++)
    memcpy(axis->value + i * sizeof real, worst, sizeof real);
}

static int begin(struct axis *axis, const struct dm_tensor *tensor, enum dm_reduction reduction,
                 struct dm_error *err) {
  enum { SUMS_OF_NOTHING_MAXIMUM = 1 << 20 }; /* a header of some bytes may promise 2^32 rows of nothing */
  const char *name = reductions[reduction].name;
  axis->results = axis->outer * axis->inner; /* no overflow: the invariant of struct dm_tensor */
  if (axis->length == 0 && axis->results > 0 &&
      (reduction != DM_SUM || axis->results > SUMS_OF_NOTHING_MAXIMUM))
    return dm_error_set(err, DM_ERROR_USAGE, "%s: over a dimension of size 0 (one element or more expected)",
                        name);
  bool sums = reduction == DM_SUM || reduction == DM_MEAN;
  size_t count = axis->results > 0 ? axis->results : 1;
  axis->wide = dm_dtype_is_integer(tensor->dtype) ? DM_INT64 : DM_FLOAT64;
  axis->value = calloc(count, WIDE_SIZE);
  axis->place = sums ? NULL : calloc(count, sizeof *axis->place);
  if (axis->value == NULL || (axis->place == NULL && !sums))
    return dm_error_set(err, DM_ERROR, "%s: not enough memory for %zu results", name, axis->results);
  if (!sums)
    fill_worst(axis, reduction);
  return 0;
}

static void finish(struct axis *axis) {
  free(axis->value);
  free(axis->place);
}

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

/* Folds `count` elements of one index of the dimension, or with `step` 0 of one result. */
static bool fold_run(struct axis *axis, struct dm_typed *typed, kernel *fold, size_t at, size_t count,
                     int64_t first, size_t step) {
  bool fits = true;
  size_t now = 0;
  for (size_t done = 0; done < count; done += now) {
    now = least(count - done, DM_TYPED_COUNT);
    size_t place = at + done * step;
    fits &= fold(axis->value + place * WIDE_SIZE, axis->place == NULL ? NULL : axis->place + place,
                 dm_typed_take(typed, now), now, first + (step == 0 ? (int64_t)done : 0), step);
  }
  return fits;
}

static int fold_all(struct axis *axis, const struct dm_tensor *tensor, enum dm_reduction reduction,
                    struct dm_error *err) {
  struct dm_typed typed;
  bool fits = true;
  kernel *fold = axis->wide == DM_INT64 ? reductions[reduction].integers : reductions[reduction].reals;
  dm_typed_start(&typed, tensor, axis->wide);
  for (size_t o = 0; o < axis->outer && axis->inner > 0; o++) {
    if (axis->inner == 1)
      fits &= fold_run(axis, &typed, fold, o, axis->length, 0, 0);
    else
      for (size_t k = 0; k < axis->length; k++)
        fits &= fold_run(axis, &typed, fold, o * axis->inner, axis->inner, (int64_t)k, 1);
  }
  if (!fits)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: a sum out of range (64-bit integers expected)",
                        reductions[reduction].name);
  return 0;
}

/* Turns the values into what was asked for: `out` has elements of 8 bytes, or for extremes the tensor's. */
static void give(const struct axis *axis, const struct dm_tensor *tensor, enum dm_reduction reduction,
                 unsigned char *out) {
  if (reduction == DM_ARGMIN || reduction == DM_ARGMAX)
    memcpy(out, axis->place, axis->results * sizeof *axis->place);
  else if (reduction == DM_SUM)
    memcpy(out, axis->value, axis->results * WIDE_SIZE);
  else if (reduction == DM_MIN || reduction == DM_MAX)
    (void)dm_dtype_conversion(axis->wide, tensor->dtype)(axis->value, axis->results, out);
  else
    for (size_t i = 0; i < axis->results; i++) {
      struct dm_scalar sum = dm_dtype_load(axis->wide, axis->value + i * WIDE_SIZE);
      double mean = (sum.is_integer ? (double)sum.integer : sum.real) / (double)axis->length;
      memcpy(out + i * sizeof mean, &mean, sizeof mean);
    }
}

static enum dm_dtype result_type(const struct axis *axis, const struct dm_tensor *tensor,
                                 enum dm_reduction reduction) {
  switch (reduction) {
  case DM_MIN:
  case DM_MAX:
    return tensor->dtype;
  case DM_SUM:
    return axis->wide;
  case DM_MEAN:
    return DM_FLOAT64;
  default:
    return DM_INT64;
  }
}

int dm_tensor_reduce(struct dm_tensor *result, const struct dm_tensor *tensor, int dim,
                     enum dm_reduction reduction, struct dm_error *err) {
  size_t shape[DM_TENSOR_MAX_DIMS] = {0};
  struct axis axis = {.outer = 1, .length = tensor->shape[dim], .inner = 1};
  for (int k = 0, kept = 0; k < tensor->ndim; k++) {
    if (k == dim)
      continue;
    shape[kept++] = tensor->shape[k];
    *(k < dim ? &axis.outer : &axis.inner) *= tensor->shape[k];
  }
  int status = begin(&axis, tensor, reduction, err);
  if (status == 0)
    status = fold_all(&axis, tensor, reduction, err);
  if (status == 0)
    status = dm_tensor_alloc(result, result_type(&axis, tensor, reduction), tensor->ndim - 1, shape, err);
  if (status == 0)
    give(&axis, tensor, reduction, result->storage->bytes);
  finish(&axis);
  return status;
}

int dm_tensor_find(size_t *index, const struct dm_tensor *tensor, enum dm_reduction reduction,
                   struct dm_error *err) {
  struct axis axis = {.outer = 1, .length = dm_tensor_numel(tensor), .inner = 1};
  int status = begin(&axis, tensor, reduction, err);
  if (status == 0 && axis.place != NULL) { /* extremes have places */
    (void)fold_all(&axis, tensor, reduction, err);
    size_t place = (size_t)axis.place[0];
    for (int k = tensor->ndim - 1; k >= 0; k--) {
      index[k] = place % tensor->shape[k];
      place /= tensor->shape[k];
    }
  }
  finish(&axis);
  return status;
}
