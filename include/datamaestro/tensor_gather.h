/* Rows of tensors by index, converted on the way: what batches are made of. */
#ifndef DATAMAESTRO_TENSOR_GATHER_H
#define DATAMAESTRO_TENSOR_GATHER_H

#include "datamaestro/tensor.h"

struct dm_gather {
  int64_t origin;      /* the index of the first row */
  enum dm_dtype dtype; /* of the result */
  bool is_scaled;      /* each value becomes value × scale + offset; to a float type only */
  double scale;
  double offset;
  size_t channels; /* above 1: as many `scales` and `offsets` count instead, one after another for each `run`
                    * of elements of a row, which is a whole number of such rounds */
  size_t run;
  const double *scales;
  const double *offsets;
  struct dm_storage *spare; /* takes the result where it is own memory, large enough, and its one reference is
                             * the caller's; else, or with NULL, the memory is fresh */
};

/* The rows (index in the first dimension) of `tensor` that `rows`, integers of one dimension, counts, as a
 * row-major tensor. To a float type values are rounded, those of 8 and 16 bits and float32 to float32 in
 * float32 arithmetic, else in float64. DM_ERROR_USAGE where an index is out of range, `rows` are no integers
 * of one dimension or values of an integer type are to be scaled; DM_ERROR_FORMAT as dm_tensor_convert. On
 * failure `result` is closed; `spare` is the caller's in any case. */
int dm_tensor_gather(struct dm_tensor *result, const struct dm_tensor *tensor, const struct dm_tensor *rows,
                     const struct dm_gather *how, struct dm_error *err);

/* Copies a tensor into part `index` of `result`, a row-major one in memory of its own. Another type or shape
 * than that of the part is DM_ERROR_FORMAT. */
int dm_tensor_put(const struct dm_tensor *result, size_t index, const struct dm_tensor *tensor,
                  struct dm_error *err);

#endif
