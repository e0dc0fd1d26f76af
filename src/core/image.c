#include "datamaestro/image.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image_formats.h"

int dm_image_check_size(const struct dm_image_source *source, size_t width, size_t height) {
  if (width == 0 || height == 0)
    return dm_error_set(source->err, DM_ERROR_FORMAT, "%s: %zu × %zu pixels (1 × 1 or more expected)",
                        source->subject, width, height);
  if (width > DM_IMAGE_SIDE_MAXIMUM || height > DM_IMAGE_SIDE_MAXIMUM)
    return dm_error_set(source->err, DM_ERROR_FORMAT, "%s: %zu × %zu pixels (sides of %d at most expected)",
                        source->subject, width, height, DM_IMAGE_SIDE_MAXIMUM);
  if (width * height > source->pixels)
    return dm_error_set(source->err, DM_ERROR_FORMAT,
                        "%s: %zu × %zu pixels (%zu in all at most expected; the option `pixels` allows more)",
                        source->subject, width, height, source->pixels);
  return 0;
}

int dm_image_decode(struct dm_tensor *image, const unsigned char *bytes, size_t size, size_t pixels,
                    const char *subject, struct dm_error *err) {
  static const unsigned char png[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
  struct dm_image_source source = {bytes, size, pixels, subject, err};
  if (size == 0)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: empty (PNG or JPEG expected)", subject);
  if (size >= sizeof png && memcmp(bytes, png, sizeof png) == 0)
    return dm_png_decode(image, &source);
  if (size >= 3 && bytes[0] == 0xff && bytes[1] == 0xd8 && bytes[2] == 0xff)
    return dm_jpeg_decode(image, &source);
  char begin[16] = "";
  static const char digits[] = "0123456789abcdef";
  for (size_t i = 0; i < 4 && i < size; i++) {
    begin[3 * i] = digits[bytes[i] >> 4];
    begin[3 * i + 1] = digits[bytes[i] & 15];
    begin[3 * i + 2] = i + 1 < 4 && i + 1 < size ? ' ' : '\0';
  }
  return dm_error_set(err, DM_ERROR_FORMAT, "%s: begins with %s (PNG or JPEG expected)", subject, begin);
}

/* Read, not mapped: another program that cuts the file short must not kill us. */
static int read_all(unsigned char *bytes, size_t size, int fd, const char *path, struct dm_error *err) {
  size_t done = 0;
  while (done < size) {
    ssize_t got = read(fd, bytes + done, size - done);
    if (got < 0 && errno != EINTR)
      return dm_error_errno(err, errno, path);
    if (got == 0)
      return dm_error_set(err, DM_ERROR_FORMAT, "%s: cut short while it was read (%zu bytes expected)", path,
                          size);
    done += got > 0 ? (size_t)got : 0;
  }
  return 0;
}

static int load(struct dm_tensor *image, int fd, const char *path, size_t pixels, struct dm_error *err) {
  struct stat info;
  if (fstat(fd, &info) != 0)
    return dm_error_errno(err, errno, path);
  if (!S_ISREG(info.st_mode))
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: not a regular file (file expected)", path);
  if (info.st_size > DM_IMAGE_FILE_MAXIMUM)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: %" PRIdMAX " bytes (an image of %d at most expected)",
                        path, (intmax_t)info.st_size, DM_IMAGE_FILE_MAXIMUM);
  size_t size = (size_t)info.st_size;
  unsigned char *bytes = malloc(size > 0 ? size : 1);
  if (bytes == NULL)
    return dm_error_set(err, DM_ERROR, "%s: not enough memory for %zu bytes", path, size);
  int status = read_all(bytes, size, fd, path, err);
  if (status == 0)
    status = dm_image_decode(image, bytes, size, pixels, path, err);
  free(bytes);
  return status;
}

int dm_image_load(struct dm_tensor *image, const char *path, size_t pixels, struct dm_error *err) {
  int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a FIFO without a writer must not hang us */
  if (fd < 0)
    return dm_error_errno(err, errno, path);
  int status = load(image, fd, path, pixels, err);
  (void)close(fd);
  return status;
}
