#include "tensor_blocks.h"

#include <string.h>

/* Copies `count` elements that lie `step` bytes apart. */
static inline void gather1(unsigned char *out, const unsigned char *in, size_t count, size_t step) {
  for (size_t i = 0; i < count; i++)
    out[i] = in[i * step];
}

#define DEFINE_GATHER(BYTES, BITS)                                                                           \
  static inline void gather##BYTES(unsigned char *restrict out, const unsigned char *restrict in,            \
                                   size_t count, size_t step, bool swapped) {                                \
    for (size_t i = 0; i < count; i++) {                                                                     \
      uint##BITS##_t bits;                                                                                   \
      memcpy(&bits, in + i * step, sizeof bits);                                                             \
      if (swapped)                                                                                           \
        bits = __builtin_bswap##BITS(bits);                                                                  \
      memcpy(out + i * sizeof bits, &bits, sizeof bits);                                                     \
    }                                                                                                        \
  }
DEFINE_GATHER(2, 16)
DEFINE_GATHER(4, 32)
DEFINE_GATHER(8, 64)
#undef DEFINE_GATHER

/* The constants in the calls make loops of their own, without tests inside and, where dense, without
 * the multiplication by the step. */
#define GATHER(BYTES)                                                                                        \
  if (!swapped)                                                                                              \
    gather##BYTES(out, in, count, step, false);                                                              \
  else if (step == (BYTES))                                                                                  \
    gather##BYTES(out, in, count, BYTES, true);                                                              \
  else                                                                                                       \
    gather##BYTES(out, in, count, step, true)

static void gather(unsigned char *out, const unsigned char *in, size_t count, size_t step, size_t item,
                   bool swapped) {
  if (step == item && (!swapped || item == 1))
    memcpy(out, in, count * item);
  else if (item == 1)
    gather1(out, in, count, step);
  else if (item == 2) {
    GATHER(2);
  } else if (item == 4) {
    GATHER(4);
  } else {
    GATHER(8);
  }
}
#undef GATHER

int dm_tensor_join(const struct dm_tensor *tensor, size_t *shape, size_t *strides) {
  int joined = 0;
  for (int k = 0; k < tensor->ndim; k++) {
    if (tensor->shape[k] == 1)
      continue;
    if (joined > 0 && strides[joined - 1] == tensor->shape[k] * tensor->strides[k]) {
      shape[joined - 1] *= tensor->shape[k];
    } else {
      joined++;
      shape[joined - 1] = tensor->shape[k];
    }
    strides[joined - 1] = tensor->strides[k];
  }
  return joined;
}

void dm_blocks_start(struct dm_blocks *blocks, const struct dm_tensor *tensor) {
  blocks->item = dm_dtype_size(tensor->dtype);
  blocks->swapped = tensor->swapped && blocks->item > 1;
  blocks->remaining = dm_tensor_numel(tensor);
  blocks->data = tensor->data;
  blocks->offset = 0;
  blocks->ndim = dm_tensor_join(tensor, blocks->shape, blocks->steps);
  if (blocks->ndim == 0) {
    blocks->ndim = 1;
    blocks->shape[0] = 1;
    blocks->steps[0] = 1;
  }
  for (int k = 0; k < blocks->ndim; k++) {
    blocks->steps[k] *= blocks->item;
    blocks->index[k] = 0;
  }
  blocks->left = blocks->remaining > 0 ? blocks->shape[blocks->ndim - 1] : 0;
}

/* Goes to the first element of the next run; there is one. */
static void next_run(struct dm_blocks *blocks) {
  int k = blocks->ndim - 1;
  blocks->left = blocks->shape[k];
  blocks->offset -= blocks->left * blocks->steps[k];
  k--;
  while (blocks->index[k] + 1 == blocks->shape[k]) {
    blocks->offset -= blocks->index[k] * blocks->steps[k];
    blocks->index[k] = 0;
    k--;
  }
  blocks->index[k]++;
  blocks->offset += blocks->steps[k];
}

static void skip(struct dm_blocks *blocks, size_t count) {
  blocks->remaining -= count;
  blocks->left -= count;
  blocks->offset += count * blocks->steps[blocks->ndim - 1];
  if (blocks->left == 0 && blocks->remaining > 0)
    next_run(blocks);
}

/* Gathers `count` elements, no more than remain. */
static void take(struct dm_blocks *blocks, unsigned char *out, size_t count) {
  size_t step = blocks->steps[blocks->ndim - 1];
  while (count > 0) {
    size_t now = count < blocks->left ? count : blocks->left;
    gather(out, blocks->data + blocks->offset, now, step, blocks->item, blocks->swapped);
    skip(blocks, now);
    out += now * blocks->item;
    count -= now;
  }
}

static size_t least(size_t a, size_t b) {
  return a < b ? a : b;
}

const unsigned char *dm_blocks_next(struct dm_blocks *blocks, size_t limit, size_t *count) {
  const size_t capacity = DM_BLOCK_SIZE / blocks->item;
  bool dense = !blocks->swapped && blocks->steps[blocks->ndim - 1] == blocks->item;
  if (blocks->remaining == 0)
    return NULL;
  /* Short dense runs are gathered too: a kernel call for each would cost more than the copy. */
  if (dense && (blocks->left >= capacity / 8 || blocks->left == blocks->remaining)) {
    const unsigned char *here = blocks->data + blocks->offset;
    *count = least(blocks->left, limit);
    skip(blocks, *count);
    return here;
  }
  *count = least(least(blocks->remaining, capacity), limit);
  take(blocks, blocks->buffer, *count);
  return blocks->buffer;
}

const unsigned char *dm_blocks_take(struct dm_blocks *blocks, size_t count) {
  bool dense = !blocks->swapped && blocks->steps[blocks->ndim - 1] == blocks->item;
  if (!dense || blocks->left < count) {
    take(blocks, blocks->buffer, count);
    return blocks->buffer;
  }
  const unsigned char *here = blocks->data + blocks->offset;
  skip(blocks, count);
  return here;
}

void dm_blocks_copy(struct dm_blocks *blocks, unsigned char *out) {
  take(blocks, out, blocks->remaining);
}

struct dm_scalar dm_dtype_load(enum dm_dtype dtype, const unsigned char *address) {
  struct dm_scalar value = {.is_integer = dm_dtype_is_integer(dtype)};
  switch (dtype) {
#define INTEGER(CONSTANT, TYPE, NAME)                                                                        \
  case CONSTANT: {                                                                                           \
    TYPE number;                                                                                             \
    memcpy(&number, address, sizeof number);                                                                 \
    value.integer += number;                                                                                 \
    break;                                                                                                   \
  }
    DM_INTEGER_TYPES(INTEGER)
#undef INTEGER
#define REAL(CONSTANT, TYPE, NAME)                                                                           \
  case CONSTANT: {                                                                                           \
    TYPE number;                                                                                             \
    memcpy(&number, address, sizeof number);                                                                 \
    value.real = (double)number;                                                                             \
    break;                                                                                                   \
  }
    DM_FLOAT_TYPES(REAL)
#undef REAL
  }
  return value;
}

struct dm_scalar dm_tensor_load(const struct dm_tensor *tensor, const unsigned char *address) {
  unsigned char native[sizeof(double)];
  size_t item = dm_dtype_size(tensor->dtype);
  gather(native, address, 1, item, item, tensor->swapped);
  return dm_dtype_load(tensor->dtype, native);
}
