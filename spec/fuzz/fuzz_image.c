/* Fuzz target: any bytes as a PNG or JPEG file; an image that comes of it is drawn, encoded as PNG, decoded
 * again, and shown in all ways.
 * Seeds: spec/fuzz/image/?*
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "datamaestro/graphics.h"
#include "datamaestro/image.h"

enum { PIXELS_MAXIMUM = 1 << 14 };

int LLVMFuzzerTestOneInput(const unsigned char *input, size_t size);

static void require(bool truth) {
  if (!truth)
    abort();
}

/* What is encoded is decoded to the same. */
static void encode(const struct dm_tensor *image) {
  struct dm_error err;
  struct dm_tensor again;
  unsigned char *bytes = NULL;
  size_t size = 0;
  if (image->dtype != DM_UINT8) {
    require(dm_png_encode(&bytes, &size, image, &err) != 0);
    return;
  }
  require(dm_png_encode(&bytes, &size, image, &err) == 0);
  require(dm_image_decode(&again, bytes, size, PIXELS_MAXIMUM, "again", &err) == 0);
  require(dm_tensor_equal(&again, image));
  dm_tensor_close(&again);
  free(bytes);
}

static void show(const struct dm_canvas *canvas, int choice) {
  struct dm_error err;
  struct dm_buffer out = {.bytes = NULL};
  struct dm_blocks_options options = {(enum dm_colours)(choice % 3), choice % 2 == 0, choice % 5 == 0};
  dm_graphics_blocks(&out, canvas, &options);
  require(dm_graphics_sixel(&out, canvas, 2 + choice % 255, &err) == 0);
  dm_graphics_kitty(&out, canvas->pixels.storage->bytes, canvas->pixels.storage->size);
  require(dm_buffer_check(&out, &err) == 0);
  dm_buffer_close(&out);
}

static void draw(const struct dm_tensor *image, const unsigned char *input, size_t size) {
  struct dm_error err;
  struct dm_canvas canvas;
  unsigned char choice = input[size / 2];
  struct dm_area area = {(int)input[size / 3] - 64, (int)choice - 64, 1 + choice, 1 + input[size / 4] % 99};
  require(dm_canvas_open(&canvas, 1 + choice % 70, 1 + size % 50, &err) == 0);
  require(dm_canvas_draw(&canvas, image, &area, 0, image->dtype == DM_UINT8 ? 255 : 65535, &err) == 0);
  dm_canvas_text(&canvas, area.x, area.y, (const char *)input, size < 40 ? size : 40, 0x80808080,
                 1 + choice % 3);
  show(&canvas, choice);
  dm_canvas_close(&canvas);
}

static uint32_t read_number(const unsigned char *bytes) {
  return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Gives each chunk of a PNG the checksum that it should have: chance finds none. */
static void mend(unsigned char *bytes, size_t size) {
  size_t at = 8;
  while (size >= at + 12 && read_number(bytes + at) <= size - at - 12) {
    uint32_t length = read_number(bytes + at);
    unsigned long sum = crc32(0, bytes + at + 4, length + 4);
    for (unsigned i = 0; i < 4; i++)
      bytes[at + 8 + length + i] = (unsigned char)(sum >> (24 - 8 * i));
    at += 12 + (size_t)length;
  }
}

/* The decoder gets a heap block of exactly `size` bytes, so that any byte read past it is found. */
int LLVMFuzzerTestOneInput(const unsigned char *input, size_t size) {
  struct dm_error err;
  struct dm_tensor image;
  unsigned char *bytes = malloc(size > 0 ? size : 1);
  require(bytes != NULL);
  if (size > 0)
    memcpy(bytes, input, size);
  if (size % 8 != 0)
    mend(bytes, size);
  int status = dm_image_decode(&image, bytes, size, PIXELS_MAXIMUM, "input", &err);
  free(bytes);
  if (status != 0)
    return 0;
  encode(&image);
  draw(&image, input, size);
  dm_tensor_close(&image);
  return 0;
}
