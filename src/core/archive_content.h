/* One extraction under way, and the content of its members. */
#ifndef DATAMAESTRO_ARCHIVE_CONTENT_H
#define DATAMAESTRO_ARCHIVE_CONTENT_H

#include "archive_input.h"
#include "archive_tree.h"

struct dm_extraction {
  const struct dm_archive_options *options;
  struct dm_archive_report *report;
  struct dm_archive_library library;
  struct archive *archive;
  struct dm_archive_input input;
  struct dm_archive_tree *tree;
  int64_t next_beat; /* milliseconds */
};

/* Refuses a member whose header announces too much. */
int dm_archive_content_announce(const struct dm_extraction *x, struct archive_entry *entry, const char *name,
                                struct dm_error *err);

/* Writes the content of the member at hand to the new file `fd`, and counts it. */
int dm_archive_content_write(struct dm_extraction *x, struct archive_entry *entry, const char *name, int fd,
                             struct dm_error *err);

/* Passes over the end of a member that has no content. */
int dm_archive_content_none(struct dm_extraction *x, const char *name, struct dm_error *err);

/* Beats, if one is due. */
int dm_archive_content_beat(struct dm_extraction *x, struct dm_error *err);

#endif
