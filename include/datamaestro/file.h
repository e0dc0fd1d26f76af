/* Files: folders, whole reads, atomic publication, locks, mappings. Paths are NUL-terminated bytes. */
#ifndef DATAMAESTRO_FILE_H
#define DATAMAESTRO_FILE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "datamaestro/error.h"

/* Opens a plain file for reading, through links; what is none is DM_ERROR_FORMAT, and is not waited for. */
int dm_file_open_plain(const char *path, FILE **stream, struct dm_error *err);

/* Creates the folder `path` and its missing parents (mode 0777 less umask). Existing is fine. */
int dm_file_mkdirs(const char *path, struct dm_error *err);

/* Writes all of `size` bytes to `fd`; `subject` names the file in the error. */
int dm_file_write(int fd, const void *bytes, size_t size, const char *subject, struct dm_error *err);

/* Makes the finished file `part` appear as `path`: fsync, then rename. `path` holds its old content or
 * the new one at every moment, whatever dies; dm_file_sync of its folder makes the new one stay. */
int dm_file_publish(const char *part, const char *path, struct dm_error *err);

/* Moves a finished file that is on disk to `path`, which is replaced; across file systems by a copy that is
 * on disk when this returns. dm_file_sync of the folder makes the name stay. */
int dm_file_move(const char *part, const char *path, struct dm_error *err);

/* Gives a file a further name: a hard link, or a copy where the file system has none. */
int dm_file_link(const char *path, const char *name, struct dm_error *err);

/* Copies the first `size` bytes (all that are there, when fewer) to the new file `copy`. */
int dm_file_copy(const char *path, const char *copy, uint64_t size, struct dm_error *err);

/* Removes a file, or a folder with all that is in it, through no link; absent is fine. */
int dm_file_remove_tree(const char *path, struct dm_error *err);

/* Brings a folder's names to disk, so that files that appeared in it are there after a power cut. */
int dm_file_sync(const char *folder, struct dm_error *err);

/* Replaces the content of `path` with `size` bytes, as a dm_replacement does; it is on disk when this
 * returns. */
int dm_file_replace(const char *path, const void *bytes, size_t size, struct dm_error *err);

/* A file that is written piece by piece and then takes the place of another, whose permissions it gets. Links
 * stay: what they lead to is replaced. What is no regular file (a device, a named pipe) or an open one
 * (behind /dev/stdout) is not replaced, but written to at once. */
struct dm_replacement {
  int fd;                /* to write to; -1 when closed */
  bool is_through;       /* what is written is there at once, without a part file, and cannot be sought in */
  char part[PATH_MAX];   /* the part file, beside what it will replace */
  char target[PATH_MAX]; /* what it will replace */
};

/* Begins the replacement of `path`; a named pipe is waited for. */
int dm_replacement_open(struct dm_replacement *replacement, const char *path, struct dm_error *err);

/* Makes what was written appear as `path`; it is on disk when this returns. Closes, and on failure removes,
 * the part file. */
int dm_replacement_publish(struct dm_replacement *replacement, const char *path, struct dm_error *err);

/* Removes the part file; closed is fine. */
void dm_replacement_cancel(struct dm_replacement *replacement);

/* An advisory lock (flock) on a file of its own. */
struct dm_lock {
  int fd; /* -1 when closed */
};

/* Opens (creating) `path` and locks it exclusively; `lock` is closed. Without `wait`, a lock that another
 * holds is DM_ERROR_BUSY; with it, a signal ends the wait with DM_ERROR_INTERRUPTED. Where the file system
 * has no locks, all get it: it may save work, and must not decide what is right. */
int dm_lock_open(struct dm_lock *lock, const char *path, bool wait, struct dm_error *err);

/* Writes into the lock's file who holds it. */
void dm_lock_note(const struct dm_lock *lock, const char *text);

/* Releases and closes; closed is fine. The file stays. */
void dm_lock_close(struct dm_lock *lock);

/* Removes the file `path` of a lock that is held, and releases it: those who wait for it open a new one. */
void dm_lock_remove(struct dm_lock *lock, const char *path);

/* A read-only mapping of a whole regular file. */
struct dm_mapping {
  void *map;   /* NULL when closed, or when the file is empty */
  size_t size; /* bytes */
};

/* Maps `path` without reading it. Not a regular file is DM_ERROR_FORMAT. */
int dm_mapping_open(struct dm_mapping *mapping, const char *path, struct dm_error *err);

/* Unmaps; closed is fine. */
void dm_mapping_close(struct dm_mapping *mapping);

#endif
