/* The content of the member at hand. */
#ifndef DATAMAESTRO_ARCHIVE_CONTENT_H
#define DATAMAESTRO_ARCHIVE_CONTENT_H

#include "archive_walk.h"

/* One piece of content. Holes have none. */
struct dm_archive_piece {
  const void *bytes;
  size_t size;
  int64_t offset; /* in the file; not before the end of the piece before */
};

/* Refuses a member whose header announces too much. */
int dm_archive_content_announce(const struct dm_archive_walk *walk, struct dm_error *err);

/* Reads the next piece, and counts it: 1, 0 at the end, -1. `*end` is where the file ends so far, 0 at first,
 * and its full size at the end. */
int dm_archive_content_next(struct dm_archive_walk *walk, struct dm_archive_piece *piece, int64_t *end,
                            struct dm_error *err);

/* Writes all of it to the new file `fd`, and counts it. */
int dm_archive_content_write(struct dm_archive_walk *walk, int fd, struct dm_error *err);

/* Passes over the end of a member that has no content. */
int dm_archive_content_none(struct dm_archive_walk *walk, struct dm_error *err);

/* Passes over the content of a member that is not wanted. */
int dm_archive_content_pass(struct dm_archive_walk *walk, const char *name, struct dm_error *err);

/* Beats, if one is due. */
int dm_archive_content_beat(struct dm_archive_walk *walk, struct dm_error *err);

#endif
