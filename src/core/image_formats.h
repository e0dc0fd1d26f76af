/* Inside the image core: one decoder a format. All are as dm_image_decode, for data of their own format. */
#ifndef DATAMAESTRO_IMAGE_FORMATS_H
#define DATAMAESTRO_IMAGE_FORMATS_H

#include "datamaestro/image.h"

/* What is decoded, how far it may go, and where the failure goes. */
struct dm_image_source {
  const unsigned char *bytes;
  size_t size;   /* bytes */
  size_t pixels; /* at most */
  const char *subject;
  struct dm_error *err;
};

/* Whether an image of this size may be decoded; else -1 with the error set. */
int dm_image_check_size(const struct dm_image_source *source, size_t width, size_t height);

int dm_png_decode(struct dm_tensor *image, const struct dm_image_source *source);
int dm_jpeg_decode(struct dm_tensor *image, const struct dm_image_source *source);

#endif
