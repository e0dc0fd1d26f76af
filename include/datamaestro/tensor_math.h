/* Arithmetic, comparisons, reductions along a dimension and counts of tensors. Results are row-major tensors
 * over memory of their own; on failure they are closed.
 *
 * Integer results are exact: one that its type does not hold is DM_ERROR_FORMAT. Floats follow IEEE 754. */
#ifndef DATAMAESTRO_TENSOR_MATH_H
#define DATAMAESTRO_TENSOR_MATH_H

#include "datamaestro/tensor.h"

enum dm_operation {
  DM_ADD,
  DM_SUB,
  DM_MUL,
  DM_DIV,     /* always floats */
  DM_ABS,     /* of the first operand */
  DM_MINIMUM, /* NaN where either is NaN, */
  DM_MAXIMUM, /* … likewise */
  DM_EQ,      /* from here on: uint8, 1 or 0 */
  DM_NE,
  DM_LT,
  DM_LE,
  DM_GT,
  DM_GE
};

enum { DM_OPERATIONS = 13 };

/* A tensor or a number. */
struct dm_operand {
  const struct dm_tensor *tensor; /* NULL: the number */
  struct dm_scalar number;
};

/* "add", "sub", …, as Lua names them. Static storage. */
const char *dm_operation_name(enum dm_operation operation);

/* Combines two operands, one of them a tensor, element by element; two tensors have one shape (else
 * DM_ERROR_USAGE). Operands meet in a type that holds both: the larger of two integer types (uint8 and int8:
 * int16; uint16 and int8 or int16: int32), float64 for an integer and a float unless 8 or 16 bits and float32
 * (float32). A whole number with integers and any number with floats leaves the tensor its type; a float with
 * integers makes float64. */
int dm_tensor_apply(struct dm_tensor *result, enum dm_operation operation, const struct dm_operand *a,
                    const struct dm_operand *b, struct dm_error *err);

enum dm_reduction { DM_SUM, DM_MEAN, DM_MIN, DM_MAX, DM_ARGMIN, DM_ARGMAX };

/* Reduces along `dim`, which the result lacks. Sums are int64 for integers (beyond is DM_ERROR_FORMAT) and
 * float64 for floats, in plain double arithmetic; means float64; extremes of the tensor's type, NaN where one
 * is among the elements; their indices, that of the first of equals or the first NaN, int64. Only sums may
 * be over nothing, else DM_ERROR_USAGE. */
int dm_tensor_reduce(struct dm_tensor *result, const struct dm_tensor *tensor, int dim,
                     enum dm_reduction reduction, struct dm_error *err);

/* The variance of all elements, the mean of their squared distances from their mean, or its square `root`,
 * the standard deviation. No element is DM_ERROR_USAGE. */
int dm_tensor_deviation(const struct dm_tensor *tensor, bool root, double *deviation, struct dm_error *err);

/* The same along `dim`, which the result, of float64, lacks. */
int dm_tensor_deviations(struct dm_tensor *result, const struct dm_tensor *tensor, int dim, bool root,
                         struct dm_error *err);

/* The place of the extreme of all elements (DM_ARGMIN or DM_ARGMAX) as ndim indices. */
int dm_tensor_find(size_t *index, const struct dm_tensor *tensor, enum dm_reduction reduction,
                   struct dm_error *err);

/* Counts values (int64) in `bins` intervals of one width between `range[0]` and `range[1]`; the last one
 * holds its end too, as NumPy's. Values outside and NaN are not counted. `edges` gets the bins + 1 ends
 * (float64). With `range` NULL the interval is that of the values, all of which must be finite. */
int dm_tensor_histogram(struct dm_tensor *counts, struct dm_tensor *edges, const struct dm_tensor *tensor,
                        size_t bins, const double *range, struct dm_error *err);

/* How often each of 0, 1, … is among integers (int64): of `classes` numbers, or with 0 as many as the
 * greatest needs. Another value, a negative one or a float type is DM_ERROR_USAGE. */
int dm_tensor_bincount(struct dm_tensor *counts, const struct dm_tensor *tensor, size_t classes,
                       struct dm_error *err);

/* The indices (int64), `origin` for the first element, of what is not 0 in a tensor of one dimension (more
 * are DM_ERROR_USAGE). */
int dm_tensor_nonzero(struct dm_tensor *indices, const struct dm_tensor *tensor, int64_t origin,
                      struct dm_error *err);

#endif
