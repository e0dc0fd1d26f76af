/* All that is below a folder, as it was when it was walked; what of that is removed, and how much room it
 * takes.
 *
 * No symbolic link is followed and no mount point is entered, here and when something is removed: all is
 * named relative to folders that were opened part by part and are those that were walked. */
#ifndef DATAMAESTRO_WALK_H
#define DATAMAESTRO_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datamaestro/error.h"
#include "datamaestro/file.h"

enum dm_walk_type { DM_WALK_FILE, DM_WALK_FOLDER, DM_WALK_LINK, DM_WALK_SPECIAL };

/* What of an entry is not known. */
enum dm_walk_mark {
  DM_WALK_SEEN,
  DM_WALK_MOUNT, /* something is mounted here: what is below was not looked at */
  DM_WALK_UNREAD /* what is below could not be read, or lies deeper than DM_WALK_DEPTH */
};

enum { DM_WALK_DEPTH = 200 }; /* folders in folders */

/* Entry 0 is the walked folder itself; each comes before all that is below it, those of one folder in the
 * order of their names' bytes. */
struct dm_walk_entry {
  size_t name;     /* where it begins in the walk's names */
  size_t parent;   /* index of the folder that it is in; 0 for the walked folder */
  size_t end;      /* index behind the last entry below it */
  uint64_t device; /* with inode: which file it is */
  uint64_t inode;
  uint64_t size;    /* bytes, apparent */
  uint64_t disk;    /* bytes of its blocks */
  int64_t mtime_ns; /* nanoseconds since 1970 */
  uint32_t links;   /* names that the file has, here and elsewhere */
  uint32_t owner;   /* whose it is: set by dm_walk_own, 0 before */
  enum dm_walk_type type;
  enum dm_walk_mark mark;
};

struct dm_walk {
  int root;     /* the walked folder, open */
  char *folder; /* its path, for messages */
  struct dm_walk_entry *entries;
  size_t count;
  size_t capacity;
  char *names; /* NUL-terminated, one behind the other */
  size_t names_size;
  size_t names_capacity;
};

/* Walks `folder`, which may be reached through links. With `only`, a list that ends with NULL, only what of
 * it has one of these names is looked at. What vanishes meanwhile is left out. On failure `*walk` is NULL. */
int dm_walk_open(struct dm_walk **walk, const char *folder, const char *const *only, struct dm_error *err);

/* Closes and frees; NULL is fine. */
void dm_walk_close(struct dm_walk *walk);

/* The name of an entry: the walk's. */
const char *dm_walk_name(const struct dm_walk *walk, size_t index);

/* Writes the path of an entry, relative to the walked folder ("" for that itself), cut to `capacity` with its
 * NUL. Returns its length, as snprintf does. */
size_t dm_walk_path(const struct dm_walk *walk, size_t index, char *out, size_t capacity);

/* Finds an entry by its path, relative to the walked folder; 0 where there is none. */
size_t dm_walk_find(const struct dm_walk *walk, const char *path);

/* Locks the file of an entry as dm_lock_open does, without waiting; `lock` is closed. It is not made: what is
 * gone is DM_ERROR_UNKNOWN, another file of that name DM_ERROR. */
int dm_walk_lock(const struct dm_walk *walk, size_t index, struct dm_lock *lock, struct dm_error *err);

/* Removes an entry and what the walk has found below it. Nothing is removed where a mount point or something
 * unread is below. What is not as it was found (another file, another size or time, something new in a
 * folder) ends it with an error that names it, and stays; what is gone is fine. */
int dm_walk_remove(const struct dm_walk *walk, size_t index, struct dm_error *err);

/* --- Room --------------------------------------------------------------------------------------- */

struct dm_walk_sum {
  uint64_t files;  /* names, those of folders left out */
  uint64_t bytes;  /* apparent, of files, each once however many names it has */
  uint64_t disk;   /* of blocks, those of folders too, each file once */
  uint64_t shared; /* those of `disk` that are another owner's too */
};

/* Says whose an entry is, and all below it. */
void dm_walk_own(struct dm_walk *walk, size_t index, uint32_t owner);

/* Adds up all, by owner: sums[owner] for owners below `count`, and sums[count] for all together. */
int dm_walk_sum(const struct dm_walk *walk, struct dm_walk_sum *sums, size_t count, struct dm_error *err);

/* Adds up one entry and all below it; `shared` is 0. */
int dm_walk_measure(const struct dm_walk *walk, size_t index, struct dm_walk_sum *sum, struct dm_error *err);

#endif
