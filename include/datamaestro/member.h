/* Members of archives read in place: an archive (tar, packed by any format of datamaestro/decode.h or not,
 * zip, 7z) as the regular files in it, one after another. Nothing is written, so that only their names are
 * checked. */
#ifndef DATAMAESTRO_MEMBER_H
#define DATAMAESTRO_MEMBER_H

#include <stdint.h>

#include "datamaestro/error.h"
#include "datamaestro/reader.h"

enum {
  /* Bytes that a decoder may take where a file is read in place: enough for `xz -9` (65 MiB) and `zstd
   * --long` (128 MiB). The user has the file and chose to open it; what strangers send is unpacked with less.
   */
  DM_MEMBER_MEMORY = 160 * 1024 * 1024
};

struct dm_members; /* owns the archive; freed by dm_members_close */

/* Opens an archive, which is a file. */
int dm_members_open(struct dm_members **members, const char *path, struct dm_error *err);

/* Goes on to the next regular file: 1, or 0 at the end, or -1. Members with names that dm_archive_extract
 * would refuse are DM_ERROR_FORMAT, as damage is. */
int dm_members_next(struct dm_members *members, struct dm_error *err);

/* Goes on to the regular file of that name ("folder/name"); none behind the current one is DM_ERROR_UNKNOWN.
 */
int dm_members_find(struct dm_members *members, const char *name, struct dm_error *err);

/* The current file's name, without empty and `.` parts; valid until the next. */
const char *dm_members_name(const struct dm_members *members);

/* Its bytes, 0 where the archive does not say before them. */
uint64_t dm_members_size(const struct dm_members *members);

/* Its content, valid until the next; holes are zeros. Encrypted content is DM_ERROR_FORMAT. Owned by
 * `members`. */
struct dm_reader *dm_members_reader(struct dm_members *members);

/* Closes and frees; NULL is fine. */
void dm_members_close(struct dm_members *members);

#endif
