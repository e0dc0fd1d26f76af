#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

int dm_replacement_open(struct dm_replacement *replacement, const char *path, struct dm_error *err) {
  replacement->fd = -1;
  int length = snprintf(replacement->part, sizeof replacement->part, "%s.XXXXXX", path);
  if (length < 0 || (size_t)length >= sizeof replacement->part)
    return dm_error_errno(err, ENAMETOOLONG, path);
  replacement->fd = mkostemp(replacement->part, O_CLOEXEC);
  if (replacement->fd < 0)
    return dm_error_errno(err, errno, path);
  /* mkostemp makes the file private; a shared data directory wants what umask says. */
  mode_t mask = umask(0);
  (void)umask(mask);
  if (fchmod(replacement->fd, 0666 & ~mask) == 0)
    return 0;
  (void)dm_error_errno(err, errno, replacement->part);
  dm_replacement_cancel(replacement);
  return -1;
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

int dm_file_replace(const char *path, const void *bytes, size_t size, struct dm_error *err) {
  struct dm_replacement replacement;
  if (dm_replacement_open(&replacement, path, err) != 0)
    return -1;
  if (dm_file_write(replacement.fd, bytes, size, path, err) == 0)
    return dm_replacement_publish(&replacement, path, err);
  dm_replacement_cancel(&replacement);
  return -1;
}
