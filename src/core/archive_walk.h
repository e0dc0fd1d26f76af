/* An archive's members, one after another, from its first byte to what is to be checked behind the last one.
 */
#ifndef DATAMAESTRO_ARCHIVE_WALK_H
#define DATAMAESTRO_ARCHIVE_WALK_H

#include <locale.h>

#include "archive_choice.h"
#include "archive_input.h"

struct dm_archive_walk {
  const struct dm_archive_options *options; /* the caller's */
  struct dm_archive_library library;
  struct archive *archive;
  struct dm_archive_input input;
  struct dm_archive_chooser *chooser; /* NULL: all members */
  bool files_only;                    /* folders, symbolic links and the like are passed over */
  /* The member at hand. */
  struct archive_entry *entry;
  bool is_file;
  char clean[DM_ARCHIVE_NAME + 1];
  const char *name;  /* in `clean`, behind the subpath: "" is the folder itself */
  uint64_t bytes;    /* of the content of all members wanted so far, holes included */
  uint64_t passed;   /* of the content of others, as far as it was decoded */
  uint64_t found;    /* members, those passed over too */
  int64_t position;  /* bytes of a tar archive before the member */
  int64_t next_beat; /* milliseconds */
};

/* Opens; `walk` must be all zeros but for `options` (which must stay) and `files_only`. To be closed, failed
 * or not. */
int dm_archive_walk_open(struct dm_archive_walk *walk, struct dm_error *err);

/* Goes on to the next member that is wanted: 1; 0 at the end, when all that can be checked was right; -1. */
int dm_archive_walk_next(struct dm_archive_walk *walk, struct dm_error *err);

/* Closes; all zeros is fine. */
void dm_archive_walk_close(struct dm_archive_walk *walk);

/* libarchive converts names to the locale's characters: UTF-8, for this thread, whatever the user's, until
 * dm_archive_locale_leave. */
struct dm_archive_locale {
  locale_t utf8;
  locale_t before;
};

void dm_archive_locale_enter(struct dm_archive_locale *locale);
void dm_archive_locale_leave(struct dm_archive_locale *locale);

#endif
