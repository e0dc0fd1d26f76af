/* NPY files, NumPy's format for one array: "\x93NUMPY", two bytes of version, the size of a header as a
 * little-endian number of 16 bits (version 1) or 32 (2 and 3), the header as a Python dictionary of `descr`,
 * `fortran_order` and `shape`, then the elements. Described in NumPy's numpy/lib/format.py (NEP 1). */
#ifndef DATAMAESTRO_NPY_H
#define DATAMAESTRO_NPY_H

#include "datamaestro/tensor.h"

enum { DM_NPY_HEADER_SIZE = 512 }; /* bytes that a longest dm_npy_header takes */

/* Opens the NPY file `path`: mapped, nothing but the header read. Either byte order, rows or columns first
 * (the latter as strides). `bool` is seen as uint8; other types that tensors do not have, and what is not a
 * whole NPY file to the byte, are DM_ERROR_FORMAT. Objects (pickles) are never read. An array without
 * dimensions gives a tensor without. */
int dm_npy_open(struct dm_tensor *tensor, const char *path, struct dm_error *err);

/* The same over `size` bytes of a storage from `offset` on, of which the tensor takes a reference; `subject`
 * names them in errors. The caller has checked that the storage holds them. */
int dm_npy_view(struct dm_tensor *tensor, struct dm_storage *storage, size_t offset, size_t size,
                const char *subject, struct dm_error *err);

/* Writes the header of the tensor as a row-major array in this machine's byte order (version 1, padded to a
 * multiple of 64 bytes) into `out` of DM_NPY_HEADER_SIZE bytes; returns its size. */
size_t dm_npy_header(char *out, const struct dm_tensor *tensor);

/* Takes a piece of a file. */
typedef int dm_npy_sink(void *context, const void *bytes, size_t size, struct dm_error *err);

/* Hands header and elements to `sink` in pieces, until that fails. */
int dm_npy_write(const struct dm_tensor *tensor, dm_npy_sink *sink, void *context, struct dm_error *err);

/* Writes the NPY file `path`: a part file beside it, on disk when it takes the name. */
int dm_npy_save(const struct dm_tensor *tensor, const char *path, struct dm_error *err);

#endif
