#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
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

/* mkstemp makes private files, and asking for the umask sets it for all threads: a file of the usual mode
 * under a name of our own. */
int dm_replacement_open(struct dm_replacement *replacement, const char *path, struct dm_error *err) {
  replacement->fd = -1;
  do {
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    int length = snprintf(replacement->part, sizeof replacement->part, "%s.%ld.%09ld", path, (long)getpid(),
                          now.tv_nsec);
    if (length < 0 || (size_t)length >= sizeof replacement->part)
      return dm_error_errno(err, ENAMETOOLONG, path);
    replacement->fd = open(replacement->part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (replacement->fd < 0 && errno == EEXIST);
  return replacement->fd < 0 ? dm_error_errno(err, errno, path) : 0;
}

int dm_replacement_publish(struct dm_replacement *replacement, const char *path, struct dm_error *err) {
  int fd = replacement->fd;
  replacement->fd = -1;
  int status = close(fd) == 0 ? 0 : dm_error_errno(err, errno, path);
  if (status == 0)
    status = dm_file_publish(replacement->part, path, err);
  if (status == 0)
    return sync_folder_of(path, err);
  (void)unlink(replacement->part);
  return status;
}

void dm_replacement_cancel(struct dm_replacement *replacement) {
  if (replacement->fd < 0)
    return;
  (void)close(replacement->fd);
  (void)unlink(replacement->part);
  replacement->fd = -1;
}

/* What a user keeps from others stays so. */
static int take_mode(int fd, const char *path, struct dm_error *err) {
  struct stat info;
  if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || fchmod(fd, info.st_mode & 0777) == 0)
    return 0;
  return dm_error_errno(err, errno, path);
}

int dm_file_replace(const char *path, const void *bytes, size_t size, struct dm_error *err) {
  struct dm_replacement replacement;
  if (dm_replacement_open(&replacement, path, err) != 0)
    return -1;
  if (take_mode(replacement.fd, path, err) == 0 && dm_file_write(replacement.fd, bytes, size, path, err) == 0)
    return dm_replacement_publish(&replacement, path, err);
  dm_replacement_cancel(&replacement);
  return -1;
}
