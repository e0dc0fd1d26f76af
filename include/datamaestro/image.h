/* Pictures in files: PNG and JPEG to tensors of bytes, and tensors to PNG.
 *
 * A decoded image is row-major, rows from the top: h × w (grey) or h × w × c with c = 2 (grey, opacity),
 * 3 (red, green, blue) or 4 (those, opacity). Elements are uint8; those of a PNG of 16 bits a sample are
 * uint16. What the file says of gamma, colour profiles and
 * the orientation of the camera (Exif) is not applied. */
#ifndef DATAMAESTRO_IMAGE_H
#define DATAMAESTRO_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include "datamaestro/error.h"
#include "datamaestro/tensor.h"

enum {
  DM_IMAGE_SIDE_MAXIMUM = 65535,     /* pixels; the JPEG format has no more */
  DM_IMAGE_PIXELS_MAXIMUM = 1 << 27, /* by default: 11585 × 11585 */
  DM_IMAGE_FILE_MAXIMUM = 1 << 29,   /* bytes of a file */
  DM_JPEG_SCANS_MAXIMUM = 500,       /* of one JPEG: each may go over the whole image */
};

/* Decodes a whole file in memory, PNG or JPEG by its first bytes; `subject` names it in errors. Damaged or
 * cut data, another format, sides above DM_IMAGE_SIDE_MAXIMUM and more than `pixels` pixels are
 * DM_ERROR_FORMAT, and large images are refused before memory is taken for them. */
int dm_image_decode(struct dm_tensor *image, const unsigned char *bytes, size_t size, size_t pixels,
                    const char *subject, struct dm_error *err);

/* The same for the file `path`, a regular one. */
int dm_image_load(struct dm_tensor *image, const char *path, size_t pixels, struct dm_error *err);

/* Encodes an image (uint8; h × w, or h × w × c with c from 1 to 4; sides from 1 to DM_IMAGE_SIDE_MAXIMUM) as
 * PNG. The bytes are malloc'ed, the caller frees them. Another tensor is DM_ERROR_USAGE. */
int dm_png_encode(unsigned char **bytes, size_t *size, const struct dm_tensor *image, struct dm_error *err);

#endif
