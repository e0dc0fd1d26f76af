/* Inside the tensor core: how loops reach the elements. A tensor of any strides and byte order is seen
 * as a row of blocks, each of them dense and in this machine's byte order, so that every kernel is one
 * plain loop. */
#ifndef DATAMAESTRO_TENSOR_BLOCKS_H
#define DATAMAESTRO_TENSOR_BLOCKS_H

#include "datamaestro/tensor.h"

/* X(constant, C type, infix of functions) for each kind of element. */
#define DM_INTEGER_TYPES(X)                                                                                  \
  X(DM_UINT8, uint8_t, uint8)                                                                                \
  X(DM_INT8, int8_t, int8)                                                                                   \
  X(DM_UINT16, uint16_t, uint16)                                                                             \
  X(DM_INT16, int16_t, int16)                                                                                \
  X(DM_INT32, int32_t, int32)                                                                                \
  X(DM_INT64, int64_t, int64)
#define DM_FLOAT_TYPES(X)                                                                                    \
  X(DM_FLOAT32, float, float32)                                                                              \
  X(DM_FLOAT64, double, float64)

enum { DM_BLOCK_SIZE = 16384 }; /* bytes gathered at a time: stays in the first-level cache */

/* A walk over the elements of a tensor in row-major order. Dimensions that lie densely in one another
 * are joined; the last of what remains is walked as runs. */
struct dm_blocks {
  size_t item;                      /* bytes of an element */
  bool swapped;                     /* as in the tensor */
  int ndim;                         /* joined dimensions, 1 at least */
  size_t shape[DM_TENSOR_MAX_DIMS]; /* of the joined dimensions, none of them 1 unless alone */
  size_t steps[DM_TENSOR_MAX_DIMS]; /* bytes */
  size_t index[DM_TENSOR_MAX_DIMS]; /* of the current run, the last number unused */
  const unsigned char *data;        /* element 0 */
  size_t offset;                    /* bytes from there to the next element; a number, since between runs
                                     * it points outside */
  size_t left;                      /* elements of the current run that are still to come */
  size_t remaining;                 /* elements of the walk that are still to come */
  unsigned char buffer[DM_BLOCK_SIZE];
};

/* Starts a walk; it lasts while the tensor is open. */
void dm_blocks_start(struct dm_blocks *blocks, const struct dm_tensor *tensor);

/* The next elements, `limit` of them at most, dense and in native byte order but not always aligned:
 * in the storage itself or in the walk's buffer (valid until the next call). NULL at the end. */
const unsigned char *dm_blocks_next(struct dm_blocks *blocks, size_t limit, size_t *count);

/* Exactly `count` elements, of which as many remain and which take DM_BLOCK_SIZE at most; as above. */
const unsigned char *dm_blocks_take(struct dm_blocks *blocks, size_t count);

/* Copies all remaining elements to `out`, dense and in native byte order. */
void dm_blocks_copy(struct dm_blocks *blocks, unsigned char *out);

/* Turns `count` dense native elements of one type into another; false where a value does not fit. */
typedef bool dm_conversion(const unsigned char *restrict in, size_t count, unsigned char *restrict out);
dm_conversion *dm_dtype_conversion(enum dm_dtype from, enum dm_dtype to);

enum { DM_TYPED_COUNT = DM_BLOCK_SIZE / 8 }; /* elements at a time */

/* A walk that gives the elements as another type, which every value of their own fits. */
struct dm_typed {
  struct dm_blocks blocks;
  dm_conversion *conversion; /* NULL: they are of that type already */
  unsigned char converted[DM_BLOCK_SIZE];
};

/* Starts a walk; it lasts while the tensor is open. */
void dm_typed_start(struct dm_typed *typed, const struct dm_tensor *tensor, enum dm_dtype dtype);

/* Exactly `count` elements, of which as many remain, DM_TYPED_COUNT at most: as dm_blocks_take. */
const unsigned char *dm_typed_take(struct dm_typed *typed, size_t count);

/* Joins dimensions that lie densely in one another and drops those of size 1: the number of
 * dimensions that remain (0 for a single element), with their sizes and their strides in elements. */
int dm_tensor_join(const struct dm_tensor *tensor, size_t *shape, size_t *strides);

/* The element at an address, in the tensor's byte order or, for `dm_dtype_load`, in this machine's. */
struct dm_scalar dm_tensor_load(const struct dm_tensor *tensor, const unsigned char *address);
struct dm_scalar dm_dtype_load(enum dm_dtype dtype, const unsigned char *address);

#endif
