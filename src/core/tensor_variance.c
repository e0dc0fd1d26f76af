#include <math.h>
#include <stdlib.h>

#include "datamaestro/tensor_math.h"
#include "tensor_blocks.h"

static double root_if(double value, bool root) {
  return root ? sqrt(value) : value;
}

/* Adds the squares of how far `count` elements are from their means: from one (`step` 0) or from as many. */
static void add_squares(struct dm_typed *typed, size_t count, const double *means, double *sums,
                        size_t step) {
  size_t now = 0;
  for (size_t done = 0; done < count; done += now) {
    now = count - done < DM_TYPED_COUNT ? count - done : DM_TYPED_COUNT;
    const unsigned char *in = dm_typed_take(typed, now);
    for (size_t i = 0; i < now; i++) {
      double away = dm_dtype_load(DM_FLOAT64, in + i * sizeof away).real - means[(done + i) * step];
      sums[(done + i) * step] += away * away;
    }
  }
}

int dm_tensor_deviation(const struct dm_tensor *tensor, bool root, double *deviation, struct dm_error *err) {
  struct dm_typed typed;
  double mean = 0;
  double sum = 0;
  if (dm_tensor_mean(tensor, &mean, err) != 0)
    return -1;
  dm_typed_start(&typed, tensor, DM_FLOAT64);
  add_squares(&typed, dm_tensor_numel(tensor), &mean, &sum, 0);
  *deviation = root_if(sum / (double)dm_tensor_numel(tensor), root);
  return 0;
}

/* Puts the deviations into the place of the means, both `outer` × `inner`. */
static void replace_means(double *means, double *sums, const struct dm_tensor *tensor, int dim, bool root) {
  struct dm_typed typed;
  size_t outer = 1;
  size_t inner = 1;
  size_t length = tensor->shape[dim];
  for (int k = 0; k < tensor->ndim; k++)
    if (k != dim)
      *(k < dim ? &outer : &inner) *= tensor->shape[k];
  dm_typed_start(&typed, tensor, DM_FLOAT64);
  for (size_t o = 0; o < outer && inner > 0; o++) {
    if (inner == 1)
      add_squares(&typed, length, means + o, sums + o, 0);
    else
      for (size_t k = 0; k < length; k++)
        add_squares(&typed, inner, means + o * inner, sums + o * inner, 1);
  }
  for (size_t i = 0; i < outer * inner; i++)
    means[i] = root_if(sums[i] / (double)length, root);
}

int dm_tensor_deviations(struct dm_tensor *result, const struct dm_tensor *tensor, int dim, bool root,
                         struct dm_error *err) {
  if (dm_tensor_reduce(result, tensor, dim, DM_MEAN, err) != 0)
    return -1;
  size_t count = dm_tensor_numel(result);
  double *sums = calloc(count > 0 ? count : 1, sizeof *sums);
  if (sums == NULL) {
    dm_tensor_close(result);
    return dm_error_set(err, DM_ERROR, "var: not enough memory for %zu results", count);
  }
  replace_means((double *)(void *)result->storage->bytes, sums, tensor, dim, root);
  free(sums);
  return 0;
}
