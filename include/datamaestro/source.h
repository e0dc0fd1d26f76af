/* A file as a reader: where a chain of readers begins when the bytes are on disk. */
#ifndef DATAMAESTRO_SOURCE_H
#define DATAMAESTRO_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "datamaestro/error.h"
#include "datamaestro/reader.h"

enum { DM_SOURCE_BLOCK = 64 * 1024 }; /* bytes of one piece, at most */

struct dm_source; /* owns its file; freed by dm_source_close */

/* Opens `path` (copied). Not a regular file is DM_ERROR_FORMAT. */
int dm_source_open(struct dm_source **source, const char *path, struct dm_error *err);

/* The bytes from where the last read ended. Owned by `source`. */
struct dm_reader *dm_source_reader(struct dm_source *source);

/* Bytes of the file when it was opened. */
uint64_t dm_source_size(const struct dm_source *source);

/* Reads up to `size` bytes from `offset` on, wherever the reader is; *count tells how many. */
int dm_source_peek(struct dm_source *source, uint64_t offset, void *bytes, size_t size, size_t *count,
                   struct dm_error *err);

/* Closes and frees; NULL is fine. */
void dm_source_close(struct dm_source *source);

#endif
