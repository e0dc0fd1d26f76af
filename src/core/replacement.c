#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <time.h>
#include <unistd.h>

#include "datamaestro/file.h"

static int sync_folder_of(const char *path, struct dm_error *err) {
  char folder[PATH_MAX];
  const char *slash = strrchr(path, '/');
  if (slash == NULL)
    return dm_file_sync(".", err);
  size_t length = slash == path ? 1 : (size_t)(slash - path);
  if (length >= sizeof folder)
    return dm_error_errno(err, ENAMETOOLONG, path);
  memcpy(folder, path, length);
  folder[length] = '\0';
  return dm_file_sync(folder, err);
}

/* Whether a link is one of /proc's, such as those to open files that /dev/stdout leads to. */
static bool lies_in_proc(const char *path) {
  struct statfs system;
  int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
  bool lies = fd >= 0 && fstatfs(fd, &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
  if (fd >= 0)
    (void)close(fd);
  return lies;
}

/* Puts what a link says in its place in `path`: 1, or 0 where it is no link, or errno negated. */
static int follow_link(char *path) {
  char said[PATH_MAX];
  ssize_t length = readlink(path, said, sizeof said - 1);
  if (length < 0)
    return 0;
  const char *slash = strrchr(path, '/');
  size_t kept = slash == NULL || said[0] == '/' ? 0 : (size_t)(slash - path) + 1;
  if (kept + (size_t)length >= PATH_MAX)
    return -ENAMETOOLONG;
  memcpy(path + kept, said, (size_t)length);
  path[kept + (size_t)length] = '\0';
  return 1;
}

/* Finds what is to be replaced: links are followed, also where nothing is yet. What is no regular file, or an
 * open one of some process's, is not replaced but written to; then `through` is true. */
static int find_target(char *target, bool *through, const char *path, struct dm_error *err) {
  enum { LINKS_MAXIMUM = 40 }; /* as the kernel's */
  struct stat info;
  *through = stat(path, &info) == 0 && !S_ISREG(info.st_mode);
  if (strlen(path) >= PATH_MAX)
    return dm_error_errno(err, ENAMETOOLONG, path);
  memcpy(target, path, strlen(path) + 1);
  int status = 1;
  for (int count = 0; status > 0 && !*through; count++) {
    if (lies_in_proc(target))
      *through = true;
    else
      status = count < LINKS_MAXIMUM ? follow_link(target) : -ELOOP;
  }
  return status < 0 ? dm_error_errno(err, -status, path) : 0;
}

/* What a user keeps from others stays so, and so does, where that may be, whose it is. */
static int take_mode(int fd, const char *path, struct dm_error *err) {
  struct stat info;
  struct stat own;
  if (stat(path, &info) != 0 || fstat(fd, &own) != 0)
    return 0;
  bool is_own = (own.st_uid == info.st_uid && own.st_gid == info.st_gid);
  if (!is_own && fchown(fd, info.st_uid, info.st_gid) != 0 && fchown(fd, own.st_uid, info.st_gid) != 0)
    info.st_mode &= (mode_t) ~(S_IRWXG); /* another group's rights are not for this one */
  return fchmod(fd, info.st_mode & 0777) == 0 ? 0 : dm_error_errno(err, errno, path);
}

/* mkstemp makes private files, and asking for the umask sets it for all threads: a file of the usual mode
 * under a name of our own. */
static int open_part(struct dm_replacement *replacement, const char *path, struct dm_error *err) {
  do {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    int length = snprintf(replacement->part, sizeof replacement->part, "%s.%ld.%09ld", replacement->target,
                          (long)getpid(), now.tv_nsec);
    if (length < 0 || (size_t)length >= sizeof replacement->part)
      return dm_error_errno(err, ENAMETOOLONG, path);
    replacement->fd = open(replacement->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (replacement->fd < 0 && errno == EEXIST);
  return replacement->fd < 0 ? dm_error_errno(err, errno, path) : 0;
}

int dm_replacement_open(struct dm_replacement *replacement, const char *path, struct dm_error *err) {
  *replacement = (struct dm_replacement){.fd = -1};
  if (find_target(replacement->target, &replacement->is_through, path, err) != 0)
    return -1;
  if (replacement->is_through) {
    replacement->fd = open(path, O_WRONLY | O_TRUNC | O_NOCTTY | O_CLOEXEC);
    return replacement->fd < 0 ? dm_error_errno(err, errno, path) : 0;
  }
  if (open_part(replacement, path, err) != 0)
    return -1;
  if (take_mode(replacement->fd, replacement->target, err) == 0)
    return 0;
  dm_replacement_cancel(replacement);
  return -1;
}

int dm_replacement_publish(struct dm_replacement *replacement, const char *path, struct dm_error *err) {
  int fd = replacement->fd;
  replacement->fd = -1;
  int status = close(fd) == 0 ? 0 : dm_error_errno(err, errno, path);
  if (replacement->is_through)
    return status;
  if (status == 0)
    status = dm_file_publish(replacement->part, replacement->target, err);
  if (status == 0)
    return sync_folder_of(replacement->target, err);
  (void)unlink(replacement->part);
  return status;
}

void dm_replacement_cancel(struct dm_replacement *replacement) {
  if (replacement->fd < 0)
    return;
  (void)close(replacement->fd);
  if (!replacement->is_through)
    (void)unlink(replacement->part);
  replacement->fd = -1;
}

int dm_file_replace(const char *path, const void *bytes, size_t size, struct dm_error *err) {
  struct dm_replacement replacement;
  if (dm_replacement_open(&replacement, path, err) != 0)
    return -1;
  if (dm_file_write(replacement.fd, bytes, size, path, err) == 0)
    return dm_replacement_publish(&replacement, path, err);
  dm_replacement_cancel(&replacement);
  return -1;
}
