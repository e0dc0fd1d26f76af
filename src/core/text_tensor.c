#include "datamaestro/text.h"
#include "tensor_blocks.h"

/* What stands between two numbers: the brackets of each dimension that ends and begins there. `position`
 * counts the numbers of one part. */
static void put_between(struct dm_text *text, const struct dm_tensor *tensor, size_t position) {
  int ends = 0;
  size_t size = 1;
  for (int dim = tensor->ndim - 1; dim > 0; dim--) {
    size *= tensor->shape[dim];
    ends += position % size == 0;
  }
  for (int i = 0; i < ends; i++)
    dm_text_put(text, "]", 1);
  dm_text_put(text, ",", 1);
  for (int i = 0; i < ends; i++)
    dm_text_put(text, "[", 1);
}

static void put_edge(struct dm_text *text, const struct dm_tensor *tensor, const char *bracket) {
  for (int dim = 1; dim < tensor->ndim; dim++)
    dm_text_put(text, bracket, 1);
}

/* One number, with what stands before it. */
static void put_number(struct dm_text *text, const struct dm_tensor *tensor, const struct dm_scalar *value,
                       size_t position, bool json) {
  if (position > 0 && json)
    put_between(text, tensor, position);
  else if (position > 0)
    dm_text_put(text, ",", 1);
  else if (json)
    put_edge(text, tensor, "[");
  if (value->is_integer)
    dm_text_integer(text, value->integer);
  else
    dm_text_real(text, value->real, tensor->dtype, json);
}

/* A part without numbers: the brackets of the dimensions down to the first that is empty. */
static void put_nothing(struct dm_text *text, const struct dm_tensor *tensor, int dim) {
  dm_text_put(text, "[", 1);
  for (size_t i = 0; i < tensor->shape[dim] && !text->failed; i++) {
    if (i > 0)
      dm_text_put(text, ",", 1);
    put_nothing(text, tensor, dim + 1);
  }
  dm_text_put(text, "]", 1);
}

static void put_empty(struct dm_text *text, const struct dm_tensor *tensor, bool json) {
  for (size_t i = 0; i < tensor->shape[0] && !text->failed; i++) {
    if (json)
      put_nothing(text, tensor, 1);
    dm_text_put(text, "\n", 1);
  }
}

void dm_text_tensor(struct dm_text *text, const struct dm_tensor *tensor, bool json) {
  struct dm_blocks blocks;
  const size_t item = dm_dtype_size(tensor->dtype);
  const size_t numel = dm_tensor_numel(tensor);
  if (numel == 0) {
    put_empty(text, tensor, json);
    return;
  }
  const size_t part = numel / tensor->shape[0];
  size_t position = 0;
  size_t count = 0;
  const unsigned char *elements = NULL;
  dm_blocks_start(&blocks, tensor);
  while ((elements = dm_blocks_next(&blocks, DM_BLOCK_SIZE / item, &count)) != NULL && !text->failed)
    for (size_t i = 0; i < count; i++) {
      struct dm_scalar value = dm_dtype_load(tensor->dtype, elements + i * item);
      put_number(text, tensor, &value, position, json);
      if (++position < part)
        continue;
      position = 0;
      if (json)
        put_edge(text, tensor, "]");
      dm_text_put(text, "\n", 1);
    }
}
