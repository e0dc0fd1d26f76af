/* Fuzz target: any bytes as an IDX file, then everything that is done with tensors. */
#include <stdlib.h>
#include <string.h>

#include "datamaestro/idx.h"

enum { TEXT_SIZE = 1 << 16, CONVERTED_MAXIMUM = 1 << 16 /* elements */, STEPS = 12 };

int LLVMFuzzerTestOneInput(const unsigned char *input, size_t size);

static void require(bool truth) {
  if (!truth)
    abort();
}

static void convert(const struct dm_tensor *tensor, enum dm_dtype dtype) {
  struct dm_error err;
  struct dm_tensor copy;
  if (dm_tensor_numel(tensor) > CONVERTED_MAXIMUM || dm_tensor_copy(&copy, tensor, dtype, &err) != 0)
    return;
  require(dm_tensor_is_contiguous(&copy));
  struct dm_scalar least;
  struct dm_scalar greatest;
  struct dm_scalar least_of_copy;
  if (dm_tensor_range(tensor, &least, &greatest, &err) == 0 && dm_dtype_is_integer(dtype)) {
    require(dm_tensor_range(&copy, &least_of_copy, &greatest, &err) == 0);
    require(least_of_copy.integer == (least.is_integer ? least.integer : (int64_t)least.real));
  }
  if (dtype == tensor->dtype && dm_dtype_is_integer(dtype))
    require(dm_tensor_equal(&copy, tensor));
  dm_tensor_close(&copy);
}

static void read_all(const struct dm_tensor *tensor) {
  static char text[TEXT_SIZE];
  struct dm_error err;
  struct dm_scalar sum;
  struct dm_scalar least;
  struct dm_scalar greatest;
  double mean = 0;
  size_t length = dm_tensor_format(tensor, NULL, 0);
  require(length < TEXT_SIZE && dm_tensor_format(tensor, text, sizeof text) == length);
  (void)dm_tensor_sum(tensor, &sum, &err);
  bool empty = dm_tensor_numel(tensor) == 0;
  require((dm_tensor_mean(tensor, &mean, &err) != 0) == empty);
  require((dm_tensor_range(tensor, &least, &greatest, &err) != 0) == empty);
  for (int dtype = 0; dtype < DM_DTYPES; dtype++)
    convert(tensor, (enum dm_dtype)dtype);
}

/* One view of `tensor`, chosen by two bytes; false where there is none. */
static bool make_view(struct dm_tensor *view, const struct dm_tensor *tensor, unsigned kind,
                      unsigned choice) {
  struct dm_error err;
  if (tensor->ndim == 0)
    return false;
  int dim = (int)(choice % (unsigned)tensor->ndim);
  size_t extent = tensor->shape[dim];
  size_t start = extent > 0 ? choice % extent : 0;
  int64_t shape[2] = {(int64_t)(choice % 7), -1};
  switch (kind % 4) {
  case 0:
    dm_tensor_narrow(view, tensor, dim, start, (extent - start) / (1 + choice % 3));
    return true;
  case 1:
    if (extent == 0)
      return false;
    dm_tensor_select(view, tensor, dim, start);
    return true;
  case 2:
    dm_tensor_transpose(view, tensor, dim, (int)(kind / 4 % (unsigned)tensor->ndim));
    return true;
  default:
    return kind / 4 % 2 == 0 ? dm_tensor_reshape(view, tensor, 2, shape, &err) == 0
                             : dm_tensor_reshape(view, tensor, 1, shape + 1, &err) == 0;
  }
}

/* `data` is a heap block of exactly `size` bytes, so that any byte read past it is found. */
int LLVMFuzzerTestOneInput(const unsigned char *input, size_t size) {
  struct dm_error err;
  struct dm_tensor tensor;
  struct dm_storage *storage = dm_storage_alloc(size, &err);
  if (storage == NULL)
    return 0;
  if (size > 0)
    memcpy(storage->bytes, input, size);
  int status = dm_idx_view(&tensor, storage, "input", &err);
  dm_storage_release(storage); /* the tensor holds it now */
  for (size_t i = 0; status == 0 && i < STEPS; i++) {
    struct dm_tensor view;
    unsigned kind = input[(i * 2 + size / 2) % size];
    unsigned choice = input[(i * 2 + 1 + size / 3) % size];
    read_all(&tensor);
    if (make_view(&view, &tensor, kind, choice)) {
      dm_tensor_close(&tensor);
      tensor = view;
    }
  }
  if (status == 0)
    dm_tensor_close(&tensor);
  return 0;
}
