/* gzip data to plain bytes, piece by piece. The gzip format itself (headers, members, checks) is read
 * here, the same for all; only the deflate streams inside go to a back end (ISA-L, zlib). Both accept what
 * zlib accepts, with the same content; ISA-L also takes incomplete Huffman codes, if the checksum holds. */
#ifndef DATAMAESTRO_INFLATE_H
#define DATAMAESTRO_INFLATE_H

#include <stddef.h>
#include <stdint.h>

#include "datamaestro/error.h"

#define DM_INFLATE_NO_LIMIT UINT64_MAX

struct dm_inflate; /* owns its back end's state; freed by dm_inflate_close */

struct dm_inflate_options {
  const char *backend; /* NULL: the best one */
  const char *subject; /* names the data in errors: a path or URL; copied */
  uint64_t limit;      /* bytes of content at most; DM_INFLATE_NO_LIMIT */
};

/* Input and output of one step; both move on. */
struct dm_inflate_io {
  const unsigned char *in;
  size_t in_size; /* bytes left at `in` */
  unsigned char *out;
  size_t out_size; /* bytes free at `out` */
};

/* The `index`th back end of this program, best first, or NULL after the last. Static storage. */
const char *dm_inflate_backend(size_t index);

/* Fails for an unknown back end (DM_ERROR_USAGE) and for want of memory. */
int dm_inflate_open(struct dm_inflate **inflate, const struct dm_inflate_options *options,
                    struct dm_error *err);

/* Decodes until the input is used up or the output is full; with output left free, all input is used
 * and nothing is held back. Damage, wrong checksums and content over the limit are DM_ERROR_FORMAT;
 * after a failure every later call fails the same way. */
int dm_inflate_step(struct dm_inflate *inflate, struct dm_inflate_io *io, struct dm_error *err);

/* Says that the input ended. Fails when it ended too early. */
int dm_inflate_finish(struct dm_inflate *inflate, struct dm_error *err);

/* Bytes after the last member that are neither gzip data nor zero padding: ignored, as gzip does,
 * which warns. Final after dm_inflate_finish. */
uint64_t dm_inflate_garbage(const struct dm_inflate *inflate);

/* Frees; NULL is fine. */
void dm_inflate_close(struct dm_inflate *inflate);

#endif
