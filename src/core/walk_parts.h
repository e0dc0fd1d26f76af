/* What the files of `walk` share. */
#ifndef DATAMAESTRO_WALK_PARTS_H
#define DATAMAESTRO_WALK_PARTS_H

#include "datamaestro/walk.h"

/* Looks at `name` in the open folder `folder`, or at that itself where `name` is "", through no link; all of
 * an entry but name, parent, end and owner is set. Returns 0, or -1 with errno. A folder of another device
 * than `device` counts as a mount point. */
int dm_walk_look(int folder, const char *name, uint64_t device, struct dm_walk_entry *entry);

/* Whether two entries are the same file, and of the same kind. */
bool dm_walk_same(const struct dm_walk_entry *one, const struct dm_walk_entry *other);

#endif
