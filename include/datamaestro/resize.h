/* Images of another size. */
#ifndef DATAMAESTRO_RESIZE_H
#define DATAMAESTRO_RESIZE_H

#include "datamaestro/tensor.h"

enum { DM_RESIZE_SIDE_MAXIMUM = 65535 };

/* What an image is to become. */
struct dm_resize {
  size_t height; /* 1 to DM_RESIZE_SIDE_MAXIMUM */
  size_t width;
  size_t channels; /* 0: as many as there are; 1: grey, 3: red, green, blue; the result is h × w × c then */
};

/* An image (h × w or h × w × c as in image.h, of any type, none of them 0) in another size, by a triangle
 * filter whose width grows as the image shrinks, as Pillow's BILINEAR; integers are rounded. Opacity is
 * dropped, greys are repeated, colours weighted as 0.299, 0.587, 0.114. What is no image, another number of
 * channels, or a side out of range is DM_ERROR_USAGE. */
int dm_tensor_resize(struct dm_tensor *result, const struct dm_tensor *image, const struct dm_resize *how,
                     struct dm_error *err);

#endif
