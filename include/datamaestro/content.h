/* The receiving end of a download: content that is decoded and digested on its way into a part file. */
#ifndef DATAMAESTRO_CONTENT_H
#define DATAMAESTRO_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datamaestro/digest.h"
#include "datamaestro/error.h"
#include "datamaestro/inflate.h"
#include "datamaestro/part.h"

enum { DM_CONTENT_BUFFER = 256 * 1024 }; /* bytes */

struct dm_content_options {
  const char *path;      /* where the content goes; must not exist */
  const char *subject;   /* names the bytes in errors: their URL */
  bool gunzip;           /* whether the bytes are gzip data */
  unsigned digests;      /* mask of the kinds of the content */
  uint64_t limit;        /* bytes of content at most; DM_INFLATE_NO_LIMIT */
  unsigned char *buffer; /* DM_CONTENT_BUFFER bytes, lent until close */
};

/* Closed by dm_content_close; `options` and what it points to must live as long. */
struct dm_content {
  const struct dm_content_options *options;
  struct dm_part part;
  struct dm_inflate *inflate; /* NULL when the bytes are the content */
  struct dm_digest digest;
  size_t filled; /* bytes in the buffer */
};

/* Creates the file. On failure nothing is left open, and no file. */
int dm_content_open(struct dm_content *content, const struct dm_content_options *options,
                    struct dm_error *err);
/* Decodes, digests and writes bytes. Fails as dm_inflate_step and dm_part_write do. */
int dm_content_write(struct dm_content *content, const void *bytes, size_t size, struct dm_error *err);

/* Says that all bytes came: keeps the file, and reads the digests of the content. */
int dm_content_finish(struct dm_content *content, struct dm_digest_hex *hex, struct dm_error *err);

/* Frees, and removes the file unless it was finished. */
void dm_content_close(struct dm_content *content);

#endif
