#include "datamaestro/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_folder(const char *path, struct dm_error *err) {
  struct stat info;
  if (mkdir(path, 0777) == 0)
    return 0;
  int cause = errno;
  if (stat(path, &info) == 0) /* EEXIST, or EROFS and EACCES on a folder that is there */
    return S_ISDIR(info.st_mode) ? 0
                                 : dm_error_set(err, DM_ERROR, "%s: not a folder (folder expected)", path);
  return dm_error_errno(err, cause, path);
}

int dm_file_mkdirs(const char *path, struct dm_error *err) {
  char partial[PATH_MAX];
  size_t length = strlen(path);
  if (length >= sizeof partial)
    return dm_error_errno(err, ENAMETOOLONG, path);
  memcpy(partial, path, length + 1);
  for (char *slash = strchr(partial + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    if (make_folder(partial, err) != 0)
      return -1;
    *slash = '/';
  }
  return make_folder(path, err);
}

int dm_file_write(int fd, const void *bytes, size_t size, const char *subject, struct dm_error *err) {
  const char *next = bytes;
  while (size > 0) {
    ssize_t written = write(fd, next, size);
    if (written < 0 && errno != EINTR)
      return dm_error_errno(err, errno, subject);
    if (written > 0) {
      next += written;
      size -= (size_t)written;
    }
  }
  return 0;
}

/* Opens, fsyncs and closes `path`, a file or a folder. */
static int sync_path(const char *path, int flags, struct dm_error *err) {
  int fd = open(path, flags | O_CLOEXEC);
  if (fd < 0)
    return dm_error_errno(err, errno, path);
  int status = fsync(fd);
  int cause = errno;
  (void)close(fd);
  /* Some network file systems cannot sync a folder and say EINVAL: nothing more can be done there. */
  if (status != 0 && !(cause == EINVAL && (flags & O_DIRECTORY) != 0))
    return dm_error_errno(err, cause, path);
  return 0;
}

int dm_file_publish(const char *part, const char *path, struct dm_error *err) {
  if (sync_path(part, O_RDONLY, err) != 0)
    return -1;
  if (rename(part, path) != 0)
    return dm_error_errno(err, errno, path);
  return 0;
}

int dm_file_sync(const char *folder, struct dm_error *err) {
  return sync_path(folder, O_RDONLY | O_DIRECTORY, err);
}

static int copy_bytes(int from, int to, uint64_t size) {
  while (size > 0) {
    size_t piece = size < (1 << 30) ? (size_t)size : (1 << 30);
    ssize_t copied = copy_file_range(from, NULL, to, NULL, piece, 0);
    if (copied < 0 && errno == EINTR)
      continue;
    if (copied < 0 && (errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP))
      copied = sendfile(to, from, NULL, piece); /* between file systems */
    if (copied < 0)
      return -1;
    if (copied == 0)
      break;
    size -= (uint64_t)copied;
  }
  return fsync(to);
}

int dm_file_copy(const char *path, const char *copy, uint64_t size, struct dm_error *err) {
  int from = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (from < 0)
    return dm_error_errno(err, errno, path);
  int to = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  int status = to < 0 ? dm_error_errno(err, errno, copy) : 0;
  if (status == 0 && copy_bytes(from, to, size) != 0) {
    status = dm_error_errno(err, errno, copy);
    (void)unlink(copy);
  }
  if (to >= 0)
    (void)close(to);
  (void)close(from);
  return status;
}

int dm_file_link(const char *path, const char *name, struct dm_error *err) {
  if (link(path, name) == 0)
    return 0;
  if (errno != EXDEV && errno != EPERM && errno != EMLINK && errno != EOPNOTSUPP)
    return dm_error_errno(err, errno, access(path, F_OK) != 0 ? path : name);
  return dm_file_copy(path, name, UINT64_MAX, err);
}

int dm_file_move(const char *part, const char *path, struct dm_error *err) {
  char copy[PATH_MAX];
  if (rename(part, path) == 0)
    return 0;
  if (errno != EXDEV) {
    int cause = errno;
    return dm_error_errno(err, cause, access(part, F_OK) != 0 ? part : path);
  }
  int length = snprintf(copy, sizeof copy, "%s.moved", path);
  if (length < 0 || (size_t)length >= sizeof copy)
    return dm_error_errno(err, ENAMETOOLONG, path);
  (void)unlink(copy);
  if (dm_file_copy(part, copy, UINT64_MAX, err) != 0)
    return -1;
  if (rename(copy, path) != 0) {
    (void)unlink(copy);
    return dm_error_errno(err, errno, path);
  }
  (void)unlink(part);
  return 0;
}

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place) {
  (void)info;
  (void)kind;
  (void)place;
  return remove(path) == 0 || errno == ENOENT ? 0 : -1;
}

int dm_file_remove_tree(const char *path, struct dm_error *err) {
  enum { DESCRIPTORS = 16 };
  if (nftw(path, remove_entry, DESCRIPTORS, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
    return 0;
  return dm_error_errno(err, errno, path);
}

int dm_file_open_plain(const char *path, FILE **stream, struct dm_error *err) {
  struct stat info;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return dm_error_errno(err, errno, path);
  int status = fstat(fd, &info);
  if (status == 0 && S_ISREG(info.st_mode) && (*stream = fdopen(fd, "rb")) != NULL)
    return 0;
  (void)close(fd);
  if (status == 0 && S_ISDIR(info.st_mode))
    return dm_error_errno(err, EISDIR, path);
  return dm_error_set(err, DM_ERROR_FORMAT, "%s: not a plain file (one expected)", path);
}

static int fail_lock(int cause, const char *path, struct dm_error *err) {
  if (cause == EWOULDBLOCK)
    return dm_error_set(err, DM_ERROR_BUSY, "%s: locked by another process", path);
  if (cause == EINTR)
    return dm_error_set(err, DM_ERROR_INTERRUPTED, "%s: interrupted while waiting for the lock", path);
  return dm_error_errno(err, cause, path);
}

/* Whether the file that was opened still has the name. */
static bool is_named(int fd, const char *path) {
  struct stat opened;
  struct stat named;
  return fstat(fd, &opened) == 0 && stat(path, &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

static bool is_plain(int fd) {
  struct stat info;
  return fstat(fd, &info) == 0 && S_ISREG(info.st_mode);
}

static int fail_special(const char *path, struct dm_error *err) {
  return dm_error_set(err, DM_ERROR_FORMAT, "%s: a link or special file (plain file expected)", path);
}

int dm_lock_open(struct dm_lock *lock, const char *path, bool wait, struct dm_error *err) {
  do {
    dm_lock_close(lock);
    lock->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0666);
    if (lock->fd < 0 && errno == EACCES) /* another user's: it can be locked all the same */
      lock->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (lock->fd < 0)
      return errno == ELOOP ? fail_special(path, err) : dm_error_errno(err, errno, path);
    if (!is_plain(lock->fd)) {
      dm_lock_close(lock);
      return fail_special(path, err);
    }
    if (flock(lock->fd, LOCK_EX | (wait ? 0 : LOCK_NB)) != 0 && errno != ENOSYS && errno != EOPNOTSUPP &&
        errno != ENOLCK) {
      int cause = errno;
      dm_lock_close(lock);
      return fail_lock(cause, path, err);
    }
  } while (!is_named(lock->fd, path));
  return 0;
}

void dm_lock_note(const struct dm_lock *lock, const char *text) {
  size_t size = strlen(text);
  if (ftruncate(lock->fd, 0) != 0 || pwrite(lock->fd, text, size, 0) != (ssize_t)size)
    return; /* it is for people to read: the lock is held all the same */
}

void dm_lock_remove(struct dm_lock *lock, const char *path) {
  if (lock->fd >= 0)
    (void)unlink(path);
  dm_lock_close(lock);
}

void dm_lock_close(struct dm_lock *lock) {
  if (lock->fd >= 0)
    (void)close(lock->fd);
  lock->fd = -1;
}

int dm_mapping_open(struct dm_mapping *mapping, const char *path, struct dm_error *err) {
  struct stat info;
  int status = 0;
  mapping->map = NULL;
  mapping->size = 0;
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO without a writer must not hang us */
  if (fd < 0)
    return dm_error_errno(err, errno, path);
  if (fstat(fd, &info) != 0)
    status = dm_error_errno(err, errno, path);
  else if (!S_ISREG(info.st_mode))
    status = dm_error_set(err, DM_ERROR_FORMAT, "%s: not a regular file (file expected)", path);
  else if (info.st_size > 0) {
    void *map = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED)
      status = dm_error_errno(err, errno, path);
    else {
      mapping->map = map;
      mapping->size = (size_t)info.st_size;
    }
  }
  (void)close(fd);
  return status;
}

void dm_mapping_close(struct dm_mapping *mapping) {
  if (mapping->map != NULL)
    (void)munmap(mapping->map, mapping->size);
  mapping->map = NULL;
  mapping->size = 0;
}
