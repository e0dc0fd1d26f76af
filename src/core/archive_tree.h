/* The folder that an archive is extracted to. Names are clean (dm_archive_clean). Everything is opened and
 * made relative to an open folder and never through a link, and nothing is written that was there. */
#ifndef DATAMAESTRO_ARCHIVE_TREE_H
#define DATAMAESTRO_ARCHIVE_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "archive_name.h"

struct dm_archive_tree; /* freed by dm_archive_tree_close */

struct dm_archive_tree_options {
  const char *subject; /* the archive, for messages */
  const char *folder;
  uint64_t entries; /* things made, at most */
  bool collisions;  /* allowed */
};

/* Makes the folder, which must not exist. The options' strings stay the caller's. */
int dm_archive_tree_open(struct dm_archive_tree **tree, const struct dm_archive_tree_options *options,
                         struct dm_error *err);

/* Each makes one member, and the folders that it implies. A folder may be there. */
int dm_archive_tree_folder(struct dm_archive_tree *tree, const char *name, struct dm_error *err);
int dm_archive_tree_file(struct dm_archive_tree *tree, const char *name, bool executable, int *fd,
                         struct dm_error *err);
int dm_archive_tree_symlink(struct dm_archive_tree *tree, const char *name, const char *target,
                            struct dm_error *err);
/* Another name for the file `target`, which is a clean name too. */
int dm_archive_tree_hardlink(struct dm_archive_tree *tree, const char *name, const char *target,
                             struct dm_error *err);

/* Brings all of it to disk, with the folder's own name. */
int dm_archive_tree_sync(struct dm_archive_tree *tree, struct dm_error *err);

/* Removes it all. */
void dm_archive_tree_remove(struct dm_archive_tree *tree);

/* Closes and frees; NULL is fine. */
void dm_archive_tree_close(struct dm_archive_tree *tree);

#endif
