/* IDX files, the format of MNIST: two zero bytes, a type byte, the number of dimensions, each size as
 * a big-endian 32-bit number, then the elements, row-major and big-endian.
 * Described at http://yann.lecun.com/exdb/mnist/ ("The IDX file format"). */
#ifndef DATAMAESTRO_IDX_H
#define DATAMAESTRO_IDX_H

#include "datamaestro/tensor.h"

/* Opens the IDX file `path`: mapped, nothing but the header read, the byte order turned as elements
 * are. What is not a whole IDX file to the byte is DM_ERROR_FORMAT. */
int dm_idx_open(struct dm_tensor *tensor, const char *path, struct dm_error *err);

/* The same over the bytes of a storage, of which the tensor takes a reference; `subject` names it in
 * errors. */
int dm_idx_view(struct dm_tensor *tensor, struct dm_storage *storage, const char *subject,
                struct dm_error *err);

#endif
