#include "datamaestro/tensor.h"

#include <stdio.h>
#include <string.h>

#include "tensor_blocks.h"

static const struct {
  const char *name;
  size_t size; /* bytes */
} dtypes[DM_DTYPES] = {
    [DM_UINT8] = {"uint8", 1},     [DM_INT8] = {"int8", 1},       [DM_UINT16] = {"uint16", 2},
    [DM_INT16] = {"int16", 2},     [DM_INT32] = {"int32", 4},     [DM_INT64] = {"int64", 8},
    [DM_FLOAT32] = {"float32", 4}, [DM_FLOAT64] = {"float64", 8},
};

const char *dm_dtype_name(enum dm_dtype dtype) {
  return dtypes[dtype].name;
}

size_t dm_dtype_size(enum dm_dtype dtype) {
  return dtypes[dtype].size;
}

bool dm_dtype_is_integer(enum dm_dtype dtype) {
  return dtype != DM_FLOAT32 && dtype != DM_FLOAT64;
}

int dm_dtype_parse(enum dm_dtype *dtype, const char *name, struct dm_error *err) {
  for (int i = 0; i < DM_DTYPES; i++)
    if (strcmp(name, dtypes[i].name) == 0) {
      *dtype = (enum dm_dtype)i;
      return 0;
    }
  return dm_error_set(err, DM_ERROR_USAGE,
                      "type '%.40s' (uint8, int8, uint16, int16, int32, int64, float32 or float64 expected)",
                      name);
}

char *dm_shape_text(char *text, int ndim, const size_t *shape, const char *separator) {
  size_t used = 0;
  text[0] = '\0';
  for (int k = 0; k < ndim && used < DM_SHAPE_TEXT_SIZE; k++) {
    int length = snprintf(text + used, DM_SHAPE_TEXT_SIZE - used, "%s%zu", k > 0 ? separator : "", shape[k]);
    used += length > 0 ? (size_t)length : 0;
  }
  return text;
}

bool dm_shape_numel(size_t *numel, enum dm_dtype dtype, int ndim, const size_t *shape) {
  size_t bytes = dm_dtype_size(dtype);
  bool empty = false;
  for (int k = 0; k < ndim; k++) {
    empty |= shape[k] == 0;
    if (shape[k] > 0 && __builtin_mul_overflow(bytes, shape[k], &bytes))
      return false;
  }
  *numel = empty ? 0 : bytes / dm_dtype_size(dtype);
  return bytes <= PTRDIFF_MAX;
}

/* Row-major strides; a zero-size dimension counts as 1, so that no stride overflows or is 0. */
static void set_strides(struct dm_tensor *tensor) {
  size_t stride = 1;
  for (int k = tensor->ndim - 1; k >= 0; k--) {
    tensor->strides[k] = stride;
    stride *= tensor->shape[k] > 0 ? tensor->shape[k] : 1;
  }
}

void dm_tensor_init(struct dm_tensor *tensor, struct dm_storage *storage, size_t offset, enum dm_dtype dtype,
                    int ndim, const size_t *shape) {
  *tensor = (struct dm_tensor){.storage = dm_storage_retain(storage), .dtype = dtype, .ndim = ndim};
  tensor->data = storage->bytes == NULL ? NULL : storage->bytes + offset;
  memcpy(tensor->shape, shape, (size_t)ndim * sizeof *shape);
  set_strides(tensor);
}

int dm_tensor_alloc(struct dm_tensor *tensor, enum dm_dtype dtype, int ndim, const size_t *shape,
                    struct dm_error *err) {
  size_t numel = 0;
  if (!dm_shape_numel(&numel, dtype, ndim, shape)) {
    char text[DM_SHAPE_TEXT_SIZE];
    return dm_error_set(err, DM_ERROR, "%s %s: larger than memory can be", dm_dtype_name(dtype),
                        dm_shape_text(text, ndim, shape, " × "));
  }
  struct dm_storage *storage = dm_storage_alloc(numel * dm_dtype_size(dtype), err);
  if (storage == NULL)
    return -1;
  dm_tensor_init(tensor, storage, 0, dtype, ndim, shape);
  dm_storage_release(storage);
  return 0;
}

void dm_tensor_close(struct dm_tensor *tensor) {
  dm_storage_release(tensor->storage);
  tensor->storage = NULL;
  tensor->data = NULL;
}

size_t dm_tensor_numel(const struct dm_tensor *tensor) {
  size_t numel = 1;
  for (int k = 0; k < tensor->ndim; k++)
    numel *= tensor->shape[k]; /* the invariant of struct dm_tensor: no overflow, or 0 */
  return numel;
}

bool dm_tensor_is_contiguous(const struct dm_tensor *tensor) {
  size_t stride = 1;
  if (dm_tensor_numel(tensor) == 0)
    return true;
  for (int k = tensor->ndim - 1; k >= 0; k--) {
    if (tensor->shape[k] != 1 && tensor->strides[k] != stride)
      return false;
    stride *= tensor->shape[k];
  }
  return true;
}

static const unsigned char *element(const struct dm_tensor *tensor, int dim, size_t index) {
  return tensor->data + index * tensor->strides[dim] * dm_dtype_size(tensor->dtype);
}

/* An exact copy as the start of a view. */
static void begin_view(struct dm_tensor *view, const struct dm_tensor *tensor) {
  *view = *tensor;
  (void)dm_storage_retain(view->storage);
}

void dm_tensor_narrow(struct dm_tensor *view, const struct dm_tensor *tensor, int dim, size_t start,
                      size_t length) {
  begin_view(view, tensor);
  view->shape[dim] = length;
  if (dm_tensor_numel(view) > 0) /* a pointer of an empty view stays where it is valid */
    view->data = element(tensor, dim, start);
}

void dm_tensor_select(struct dm_tensor *view, const struct dm_tensor *tensor, int dim, size_t index) {
  begin_view(view, tensor);
  view->ndim--;
  for (int k = dim; k < view->ndim; k++) {
    view->shape[k] = tensor->shape[k + 1];
    view->strides[k] = tensor->strides[k + 1];
  }
  if (dm_tensor_numel(view) > 0)
    view->data = element(tensor, dim, index);
}

void dm_tensor_transpose(struct dm_tensor *view, const struct dm_tensor *tensor, int dim1, int dim2) {
  begin_view(view, tensor);
  view->shape[dim1] = tensor->shape[dim2];
  view->shape[dim2] = tensor->shape[dim1];
  view->strides[dim1] = tensor->strides[dim2];
  view->strides[dim2] = tensor->strides[dim1];
}

struct dm_scalar dm_tensor_get(const struct dm_tensor *tensor, const size_t *index) {
  size_t offset = 0;
  for (int k = 0; k < tensor->ndim; k++)
    offset += index[k] * tensor->strides[k];
  return dm_tensor_load(tensor, tensor->data + offset * dm_dtype_size(tensor->dtype));
}
