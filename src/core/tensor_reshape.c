#include "datamaestro/tensor.h"
#include "tensor_blocks.h"

/* Fills `sizes` with the shape asked for, its -1 replaced by what the elements leave. */
static int infer_sizes(size_t *sizes, size_t numel, int ndim, const int64_t *shape, struct dm_error *err) {
  size_t known = 1;
  int unknown = -1;
  for (int k = 0; k < ndim; k++) {
    if (shape[k] < -1 || (shape[k] == -1 && unknown >= 0))
      return dm_error_set(err, DM_ERROR_USAGE, "reshape: size %lld (sizes from 0 on and one -1 expected)",
                          (long long)shape[k]);
    if (shape[k] == -1)
      unknown = k;
    else
      sizes[k] = (size_t)shape[k];
    if (shape[k] >= 0 && __builtin_mul_overflow(known, sizes[k], &known))
      return dm_error_set(err, DM_ERROR_USAGE, "reshape: sizes of more than 2^64 elements (%zu expected)",
                          numel);
  }
  if (unknown < 0)
    return 0;
  if (known == 0 || numel % known != 0)
    return dm_error_set(err, DM_ERROR_USAGE, "reshape: -1 beside %zu elements (a divisor of %zu expected)",
                        known, numel);
  sizes[unknown] = numel / known;
  return 0;
}

/* Lays the new dimensions, from the last, into the joined old ones: each old one must be filled by
 * some new ones exactly. False where one does not fit. */
static bool fit_strides(struct dm_tensor *view, const struct dm_tensor *tensor) {
  size_t shape[DM_TENSOR_MAX_DIMS];
  size_t strides[DM_TENSOR_MAX_DIMS];
  int joined = dm_tensor_join(tensor, shape, strides) - 1;
  size_t filled = 1;
  for (int k = view->ndim - 1; k >= 0; k--) {
    if (view->shape[k] == 1)
      continue; /* any stride will do, so that of a row-major tensor stays */
    if (filled == shape[joined]) {
      joined--;
      filled = 1;
    }
    view->strides[k] = strides[joined] * filled;
    filled *= view->shape[k];
    if (shape[joined] % filled != 0)
      return false;
  }
  return true;
}

int dm_tensor_reshape(struct dm_tensor *view, const struct dm_tensor *tensor, int ndim, const int64_t *shape,
                      struct dm_error *err) {
  char text[DM_SHAPE_TEXT_SIZE];
  size_t sizes[DM_TENSOR_MAX_DIMS] = {0};
  size_t numel = 0;
  size_t expected = dm_tensor_numel(tensor);
  if (infer_sizes(sizes, expected, ndim, shape, err) != 0)
    return -1;
  (void)dm_shape_text(text, ndim, sizes, " × ");
  if (!dm_shape_numel(&numel, tensor->dtype, ndim, sizes) || numel != expected)
    return dm_error_set(err, DM_ERROR_USAGE, "reshape: %s (%zu elements expected)", text, expected);
  dm_tensor_init(view, tensor->storage, 0, tensor->dtype, ndim, sizes);
  view->data = tensor->data;
  view->swapped = tensor->swapped;
  if (numel > 0 && !fit_strides(view, tensor)) {
    dm_tensor_close(view);
    return dm_error_set(err, DM_ERROR_USAGE,
                        "reshape: %s is no view of these strides (call :contiguous() first)", text);
  }
  return 0;
}
