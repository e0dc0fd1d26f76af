/* Canvases: pictures put together of images, areas and short texts, for files and for terminals. */
#ifndef DATAMAESTRO_CANVAS_H
#define DATAMAESTRO_CANVAS_H

#include <stddef.h>
#include <stdint.h>

#include "datamaestro/error.h"
#include "datamaestro/tensor.h"

enum {
  DM_CANVAS_PIXELS_MAXIMUM = 1 << 26, /* 256 MiB */
  DM_GLYPH_WIDTH = 6,                 /* pixels of a character of text, with the gap behind it */
  DM_GLYPH_HEIGHT = 8,                /* with what hangs below the line */
};

struct dm_canvas {
  struct dm_tensor pixels; /* uint8, height × width × 4: red, green, blue, opacity; own memory */
  size_t width;            /* pixels */
  size_t height;
};

/* A part of a canvas, in pixels from its upper left corner; what lies outside is left out. */
struct dm_area {
  int64_t x;
  int64_t y;
  int64_t width;
  int64_t height;
};

/* A transparent canvas of 1 × 1 pixel or more; of too many pixels DM_ERROR_USAGE. */
int dm_canvas_open(struct dm_canvas *canvas, size_t width, size_t height, struct dm_error *err);

/* Frees; closed is fine. */
void dm_canvas_close(struct dm_canvas *canvas);

/* Paints an area with one colour, 0xRRGGBBAA (AA: opacity, 255 covers what is below). */
void dm_canvas_fill(struct dm_canvas *canvas, const struct dm_area *area, uint32_t colour);

/* Draws an image (h × w or h × w × c, c from 1 to 4 as in image.h, of any type, none of them 0) so that it
 * fills the area: smaller by averages, larger by repetition. Values from `low` (black) to `high`, which
 * differ, are spread over the 256 levels; NaN is black. Another shape is DM_ERROR_USAGE. */
int dm_canvas_draw(struct dm_canvas *canvas, const struct dm_tensor *image, const struct dm_area *area,
                   double low, double high, struct dm_error *err);

/* Writes UTF-8 text (the letters of Latin-1 and Latin Extended-A are drawn, others become '?') on one line
 * from (x, y), the upper left corner, each pixel of a character `scale` pixels wide and high. */
void dm_canvas_text(struct dm_canvas *canvas, int64_t x, int64_t y, const char *text, size_t size,
                    uint32_t colour, int64_t scale);

#endif
