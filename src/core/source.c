#include "datamaestro/source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct dm_source {
  struct dm_reader reader;
  int fd;
  uint64_t size;
  char *path;
  unsigned char block[DM_SOURCE_BLOCK];
};

static int next(struct dm_reader *reader, const unsigned char **bytes, size_t *size, struct dm_error *err) {
  struct dm_source *source = (struct dm_source *)reader;
  ssize_t count = 0;
  do
    count = read(source->fd, source->block, sizeof source->block);
  while (count < 0 && errno == EINTR);
  *bytes = source->block;
  *size = count > 0 ? (size_t)count : 0;
  return count < 0 ? dm_error_errno(err, errno, source->path) : 0;
}

static int open_file(struct dm_source *source, struct dm_error *err) {
  struct stat info;
  source->fd = open(source->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* no wait for a FIFO's writer */
  if (source->fd < 0 || fstat(source->fd, &info) != 0)
    return dm_error_errno(err, errno, source->path);
  if (!S_ISREG(info.st_mode))
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: not a regular file (file expected)", source->path);
  source->size = (uint64_t)info.st_size;
  return 0;
}

int dm_source_open(struct dm_source **source, const char *path, struct dm_error *err) {
  struct dm_source *fresh = calloc(1, sizeof *fresh);
  *source = NULL;
  if (fresh == NULL)
    return dm_error_errno(err, ENOMEM, path);
  fresh->reader.next = next;
  fresh->fd = -1;
  fresh->path = strdup(path);
  int status = fresh->path != NULL ? open_file(fresh, err) : dm_error_errno(err, ENOMEM, path);
  if (status != 0) {
    dm_source_close(fresh);
    return status;
  }
  *source = fresh;
  return 0;
}

struct dm_reader *dm_source_reader(struct dm_source *source) {
  return &source->reader;
}

uint64_t dm_source_size(const struct dm_source *source) {
  return source->size;
}

int dm_source_peek(struct dm_source *source, uint64_t offset, void *bytes, size_t size, size_t *count,
                   struct dm_error *err) {
  ssize_t done = pread(source->fd, bytes, size, (off_t)offset);
  *count = done > 0 ? (size_t)done : 0;
  return done < 0 ? dm_error_errno(err, errno, source->path) : 0;
}

void dm_source_close(struct dm_source *source) {
  if (source == NULL)
    return;
  if (source->fd >= 0)
    (void)close(source->fd);
  free(source->path);
  free(source);
}
