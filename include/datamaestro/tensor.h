/* Tensors: strided views of numbers in a storage. Making a view copies nothing.
 *
 * Everything here counts dimensions and indices from 0; an index that is out of range is a caller's
 * mistake that is not looked for, unless the function says so. */
#ifndef DATAMAESTRO_TENSOR_H
#define DATAMAESTRO_TENSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datamaestro/error.h"
#include "datamaestro/storage.h"

enum dm_dtype { DM_UINT8, DM_INT8, DM_UINT16, DM_INT16, DM_INT32, DM_INT64, DM_FLOAT32, DM_FLOAT64 };

enum {
  DM_DTYPES = 8,            /* number of element types */
  DM_TENSOR_MAX_DIMS = 8,   /* dimensions at most */
  DM_SHAPE_TEXT_SIZE = 256, /* bytes that a longest dm_shape_text takes */
};

/* Invariant: numel(shape) × item size ≤ PTRDIFF_MAX, also with zero-size dimensions taken as 1. */
struct dm_tensor {
  struct dm_storage *storage; /* one reference is held; NULL when closed */
  const unsigned char *data;  /* element 0, … 0; not always aligned; NULL only where numel is 0 */
  enum dm_dtype dtype;
  bool swapped; /* elements are stored in the other byte order than this machine's */
  int ndim;     /* 0 (one number) to DM_TENSOR_MAX_DIMS */
  size_t shape[DM_TENSOR_MAX_DIMS];
  size_t strides[DM_TENSOR_MAX_DIMS]; /* elements */
};

/* A single value in Lua's two kinds of number. */
struct dm_scalar {
  bool is_integer;
  int64_t integer; /* where is_integer */
  double real;     /* where not */
};

/* "uint8", "int8", "uint16", "int16", "int32", "int64", "float32", "float64". Static storage. */
const char *dm_dtype_name(enum dm_dtype dtype);

/* The type called `name`; an unknown name is DM_ERROR_USAGE. */
int dm_dtype_parse(enum dm_dtype *dtype, const char *name, struct dm_error *err);

/* Bytes of one element. */
size_t dm_dtype_size(enum dm_dtype dtype);

/* Whether values are integers, as opposed to floats. */
bool dm_dtype_is_integer(enum dm_dtype dtype);

/* Writes "60000 × 28 × 28" with `separator` between the sizes into `text` of DM_SHAPE_TEXT_SIZE bytes
 * (separators of up to 4 bytes fit); returns `text`. */
char *dm_shape_text(char *text, int ndim, const size_t *shape, const char *separator);

/* Multiplies out a shape: false where the bytes, zero-size dimensions taken as 1, exceed PTRDIFF_MAX.
 * Else `numel` (elements) is filled. */
bool dm_shape_numel(size_t *numel, enum dm_dtype dtype, int ndim, const size_t *shape);

/* A row-major tensor over `storage` from byte `offset` on. Takes a reference of its own.
 * The caller has checked the shape (dm_shape_numel) and that the storage holds all elements. */
void dm_tensor_init(struct dm_tensor *tensor, struct dm_storage *storage, size_t offset, enum dm_dtype dtype,
                    int ndim, const size_t *shape);

/* A row-major tensor over fresh memory of its own, not initialised. Too large a shape fails. */
int dm_tensor_alloc(struct dm_tensor *tensor, enum dm_dtype dtype, int ndim, const size_t *shape,
                    struct dm_error *err);

/* Gives the storage up; closed is fine. */
void dm_tensor_close(struct dm_tensor *tensor);

/* Number of elements. */
size_t dm_tensor_numel(const struct dm_tensor *tensor);

/* Whether the elements lie in row-major order without gaps. */
bool dm_tensor_is_contiguous(const struct dm_tensor *tensor);

/* The view of `length` indices of one dimension from `start` on. Here as in the views below, `view`
 * becomes a tensor of its own, with a reference to the same storage; it must not be `tensor` itself. */
void dm_tensor_narrow(struct dm_tensor *view, const struct dm_tensor *tensor, int dim, size_t start,
                      size_t length);

/* The view without dimension `dim`, at `index` of it. */
void dm_tensor_select(struct dm_tensor *view, const struct dm_tensor *tensor, int dim, size_t index);

/* The view with two dimensions exchanged. */
void dm_tensor_transpose(struct dm_tensor *view, const struct dm_tensor *tensor, int dim1, int dim2);

/* The same elements under another shape, of which one size may be -1 (what remains). DM_ERROR_USAGE
 * where the number of elements differs, a size cannot be inferred, or the strides allow no view. */
int dm_tensor_reshape(struct dm_tensor *view, const struct dm_tensor *tensor, int ndim, const int64_t *shape,
                      struct dm_error *err);

/* The element at `index` (ndim numbers, each in range). */
struct dm_scalar dm_tensor_get(const struct dm_tensor *tensor, const size_t *index);

/* Writes all elements to `out`, row-major, in this machine's byte order, as type `dtype`; `out_size`
 * must be numel × item size (else DM_ERROR_USAGE). To a float type values are rounded to the nearest
 * (too large ones become infinite); to an integer type a value that is not a whole number in range is
 * DM_ERROR_FORMAT, and `out` then holds no meaning. */
int dm_tensor_convert(const struct dm_tensor *tensor, enum dm_dtype dtype, void *out, size_t out_size,
                      struct dm_error *err);

/* A row-major tensor over memory of its own with the elements as `dtype`; fails as
 * dm_tensor_convert does, or for want of memory. */
int dm_tensor_copy(struct dm_tensor *copy, const struct dm_tensor *tensor, enum dm_dtype dtype,
                   struct dm_error *err);

/* Whether type, shape and all values are equal (NaN differs from itself, 0.0 equals -0.0). */
bool dm_tensor_equal(const struct dm_tensor *a, const struct dm_tensor *b);

/* Sum: exact for integer types (beyond 64 bits is DM_ERROR_FORMAT), in compensated double arithmetic
 * for float types. 0 when empty. */
int dm_tensor_sum(const struct dm_tensor *tensor, struct dm_scalar *sum, struct dm_error *err);

/* Mean. No element is DM_ERROR_USAGE. */
int dm_tensor_mean(const struct dm_tensor *tensor, double *mean, struct dm_error *err);

/* Least and greatest value; both NaN where a NaN is among the elements. No element is
 * DM_ERROR_USAGE. */
int dm_tensor_range(const struct dm_tensor *tensor, struct dm_scalar *least, struct dm_scalar *greatest,
                    struct dm_error *err);

/* Writes type, shape and values as text (columns aligned, `...` in the middle of over 1000 elements)
 * into `out` of `size` bytes, cut and not terminated; returns the bytes that all of it takes. */
size_t dm_tensor_format(const struct dm_tensor *tensor, char *out, size_t size);

#endif
