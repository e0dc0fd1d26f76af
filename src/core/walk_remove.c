/* Locks and removes what a walk has found: that, and nothing else. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include "walk_parts.h"

/* Its whole path, for messages. */
static const char *whole_path(const struct dm_walk *walk, size_t index, char path[PATH_MAX]) {
  int length = snprintf(path, PATH_MAX, "%s/", walk->folder);
  if (length > 0 && length < PATH_MAX)
    (void)dm_walk_path(walk, index, path + length, PATH_MAX - (size_t)length);
  return path;
}

static int fail_errno(const struct dm_walk *walk, size_t index, int cause, struct dm_error *err) {
  char path[PATH_MAX];
  return dm_error_errno(err, cause, whole_path(walk, index, path));
}

static int fail_because(const struct dm_walk *walk, size_t index, const char *what, struct dm_error *err) {
  char path[PATH_MAX];
  return dm_error_set(err, DM_ERROR, "%s: %s", whole_path(walk, index, path), what);
}

/* Opens the folder of an entry, the walked one or one in the open folder `parent`; it must be the one that
 * was found. */
static int open_found(const struct dm_walk *walk, size_t index, int parent, struct dm_error *err) {
  struct dm_walk_entry now;
  const struct dm_walk_entry *entry = &walk->entries[index];
  int fd = index == 0
               ? openat(walk->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
               : openat(parent, dm_walk_name(walk, index), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0 && (errno == ENOTDIR || errno == ELOOP))
    return fail_because(walk, index, "no folder any more (that which was found expected)", err);
  if (fd < 0 || dm_walk_look(fd, "", walk->entries[0].device, &now) != 0) {
    int cause = errno;
    if (fd >= 0)
      (void)close(fd);
    return fail_errno(walk, index, cause, err);
  }
  if (dm_walk_same(entry, &now) && (index == 0 || now.mark == DM_WALK_SEEN))
    return fd;
  (void)close(fd);
  return fail_because(walk, index, "another folder by now (that which was found expected)", err);
}

/* Opens the folder of an entry by way of all above it. */
static int open_folder(const struct dm_walk *walk, size_t index, struct dm_error *err) {
  if (index == 0)
    return open_found(walk, 0, -1, err);
  int parent = open_folder(walk, walk->entries[index].parent, err);
  if (parent < 0)
    return -1;
  int fd = open_found(walk, index, parent, err);
  (void)close(parent);
  return fd;
}

/* --- Locks -------------------------------------------------------------------------------------- */

static int open_lock(const struct dm_walk *walk, size_t index, int folder, struct dm_error *err) {
  const int flags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  struct dm_walk_entry now;
  const char *name = dm_walk_name(walk, index);
  int fd = openat(folder, name, O_RDWR | flags);
  if (fd < 0 && (errno == EACCES || errno == EROFS)) /* it can be locked all the same */
    fd = openat(folder, name, O_RDONLY | flags);
  if (fd < 0)
    return fail_errno(walk, index, errno, err);
  if (dm_walk_look(fd, "", walk->entries[0].device, &now) == 0 && now.type == DM_WALK_FILE &&
      dm_walk_same(&walk->entries[index], &now))
    return fd;
  (void)close(fd);
  return fail_because(walk, index, "another file by now (the lock that was found expected)", err);
}

int dm_walk_lock(const struct dm_walk *walk, size_t index, struct dm_lock *lock, struct dm_error *err) {
  int folder = open_folder(walk, walk->entries[index].parent, err);
  if (folder < 0)
    return -1;
  int fd = open_lock(walk, index, folder, err);
  (void)close(folder);
  if (fd < 0)
    return -1;
  if (flock(fd, LOCK_EX | LOCK_NB) != 0 && errno != ENOSYS && errno != EOPNOTSUPP && errno != ENOLCK) {
    char path[PATH_MAX];
    int cause = errno;
    (void)close(fd);
    if (cause != EWOULDBLOCK)
      return fail_errno(walk, index, cause, err);
    return dm_error_set(err, DM_ERROR_BUSY, "%s: locked by another process", whole_path(walk, index, path));
  }
  lock->fd = fd;
  return 0;
}

/* --- Removal ------------------------------------------------------------------------------------ */

/* Whether an entry may go, as far as the walk knows. */
static int check_below(const struct dm_walk *walk, size_t index, struct dm_error *err) {
  if (index == 0)
    return fail_because(walk, index, "the folder itself (something in it expected)", err);
  for (size_t i = index; i < walk->entries[index].end; i++) {
    if (walk->entries[i].mark == DM_WALK_MOUNT)
      return fail_because(walk, i, "a mount point (nothing mounted expected)", err);
    if (walk->entries[i].mark == DM_WALK_UNREAD)
      return fail_because(walk, i, "could not be read (it may hold anything)", err);
  }
  return 0;
}

/* Whether what has the name now is what was found; 1 where it is gone. */
static int check_now(const struct dm_walk *walk, size_t index, int folder, struct dm_error *err) {
  struct dm_walk_entry now;
  const struct dm_walk_entry *entry = &walk->entries[index];
  if (dm_walk_look(folder, dm_walk_name(walk, index), walk->entries[0].device, &now) != 0)
    return errno == ENOENT ? 1 : fail_errno(walk, index, errno, err);
  if (now.mark == DM_WALK_MOUNT)
    return fail_because(walk, index, "a mount point by now (nothing mounted expected)", err);
  if (!dm_walk_same(entry, &now) ||
      (now.type != DM_WALK_FOLDER && (now.size != entry->size || now.mtime_ns != entry->mtime_ns)))
    return fail_because(walk, index, "changed since it was found (it stays)", err);
  return 0;
}

static int remove_entry(const struct dm_walk *walk, size_t index, int folder, struct dm_error *err);

static int remove_below(const struct dm_walk *walk, size_t index, int parent, struct dm_error *err) {
  int status = 0;
  int fd = open_found(walk, index, parent, err);
  if (fd < 0)
    return -1;
  for (size_t i = index + 1; status == 0 && i < walk->entries[index].end; i = walk->entries[i].end)
    status = remove_entry(walk, i, fd, err);
  (void)close(fd);
  return status;
}

/* One entry of an open folder. */
static int remove_entry(const struct dm_walk *walk, size_t index, int folder, struct dm_error *err) {
  bool is_folder = walk->entries[index].type == DM_WALK_FOLDER;
  int status = check_now(walk, index, folder, err);
  if (status != 0)
    return status > 0 ? 0 : -1;
  if (is_folder && remove_below(walk, index, folder, err) != 0)
    return -1;
  if (unlinkat(folder, dm_walk_name(walk, index), is_folder ? AT_REMOVEDIR : 0) == 0 || errno == ENOENT)
    return 0;
  if (errno == ENOTEMPTY || errno == EEXIST)
    return fail_because(walk, index, "something new in it (it stays)", err);
  return fail_errno(walk, index, errno, err);
}

int dm_walk_remove(const struct dm_walk *walk, size_t index, struct dm_error *err) {
  if (check_below(walk, index, err) != 0)
    return -1;
  int folder = open_folder(walk, walk->entries[index].parent, err);
  if (folder < 0)
    return err->code == DM_ERROR_UNKNOWN ? 0 : -1;
  int status = remove_entry(walk, index, folder, err);
  (void)close(folder);
  return status;
}
