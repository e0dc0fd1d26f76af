/* Members of an archive, one behind another, as one stream of bytes: regular files in the archive's order,
 * each decoded, and its lines rewritten, on their way. Folders and symbolic links are passed over; a hard
 * link that is wanted is DM_ERROR_FORMAT, for its content is elsewhere. The limits and refusals are those of
 * dm_archive_extract, also for what the members' decoding makes. */
#ifndef DATAMAESTRO_CONCAT_H
#define DATAMAESTRO_CONCAT_H

#include <stddef.h>
#include <stdint.h>

#include "datamaestro/archive.h"
#include "datamaestro/rewrite.h"

enum {
  DM_CONCAT_BY_NAME = -2, /* names that end in .gz, .bz2, .xz, .zst and .lz4 tell the format */
  DM_CONCAT_NONE = -1,
};

struct dm_concat; /* freed by dm_concat_close */

struct dm_concat_options {
  struct dm_archive_options archive;   /* without a folder */
  int decode;                          /* each member: an enum dm_decode_format, or one of the above */
  const struct dm_rewrite_rule *rules; /* of each member's lines */
  size_t rule_count;
};

/* "auto", "none", or a format of datamaestro/decode.h; -3 for another name. */
int dm_concat_decode_find(const char *name);

/* Opens. What the options point to stays the caller's, and must live as long. */
int dm_concat_open(struct dm_concat **concat, const struct dm_concat_options *options, struct dm_error *err);

/* The content; at its end, all of the archive was read and checked. Owned by `concat`. */
struct dm_reader *dm_concat_reader(struct dm_concat *concat);

/* Members that were read. */
uint64_t dm_concat_entries(const struct dm_concat *concat);

/* Bytes after members' compressed data that were ignored (see dm_decode_garbage). */
uint64_t dm_concat_garbage(const struct dm_concat *concat);

/* Frees; NULL is fine. */
void dm_concat_close(struct dm_concat *concat);

/* Reads all of it to the new file `out`, which is removed on failure. It is on disk when this returns. */
int dm_concat_file(const struct dm_concat_options *options, const char *out, struct dm_archive_report *report,
                   struct dm_error *err);

#endif
