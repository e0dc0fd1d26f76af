/* The receiving end of a download: a new file that is digested and written while its bytes come, from the
 * second megabyte on by a thread of its own. */
#ifndef DATAMAESTRO_CONTENT_H
#define DATAMAESTRO_CONTENT_H

#include <stddef.h>
#include <stdint.h>

#include "datamaestro/digest.h"
#include "datamaestro/error.h"

struct dm_content; /* freed by dm_content_close */

/* Creates the file `path` (copied; must not exist). `digests` is a mask of the kinds wanted. */
int dm_content_open(struct dm_content **content, const char *path, unsigned digests, struct dm_error *err);

/* Appends bytes. A failure may be that of bytes before. */
int dm_content_write(struct dm_content *content, const void *bytes, size_t size, struct dm_error *err);

/* Says that all bytes came: brings them to the disk, keeps the file, and reads its digests and its size in
 * bytes. */
int dm_content_finish(struct dm_content *content, struct dm_digest_hex *hex, uint64_t *size,
                      struct dm_error *err);

/* Frees, and removes the file unless it was finished; NULL is fine. */
void dm_content_close(struct dm_content *content);

#endif
