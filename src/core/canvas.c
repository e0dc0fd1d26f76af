#include "datamaestro/canvas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "glyphs.h"

enum { RED, GREEN, BLUE, OPACITY, SAMPLES /* of a pixel */ };

int dm_canvas_open(struct dm_canvas *canvas, size_t width, size_t height, struct dm_error *err) {
  size_t shape[3] = {height, width, SAMPLES};
  *canvas = (struct dm_canvas){.width = width, .height = height};
  if (width < 1 || height < 1 || width > DM_CANVAS_PIXELS_MAXIMUM ||
      height > DM_CANVAS_PIXELS_MAXIMUM / width)
    return dm_error_set(err, DM_ERROR_USAGE, "picture: %zu × %zu pixels (1 × 1 to %d in all expected)", width,
                        height, DM_CANVAS_PIXELS_MAXIMUM);
  if (dm_tensor_alloc(&canvas->pixels, DM_UINT8, 3, shape, err) != 0)
    return -1;
  memset(canvas->pixels.storage->bytes, 0, width * height * SAMPLES);
  return 0;
}

void dm_canvas_close(struct dm_canvas *canvas) {
  dm_tensor_close(&canvas->pixels);
}

static unsigned char *pixel_at(const struct dm_canvas *canvas, int64_t x, int64_t y) {
  return canvas->pixels.storage->bytes + ((size_t)y * canvas->width + (size_t)x) * SAMPLES;
}

/* Puts `paint` over the pixel `below`, as light through glass. */
static void cover(unsigned char *below, const unsigned char *paint) {
  unsigned above = paint[OPACITY];
  if (above == UINT8_MAX || below[OPACITY] == 0) {
    memcpy(below, paint, SAMPLES);
    return;
  }
  unsigned through = below[OPACITY] * (UINT8_MAX - above); /* times 255 */
  unsigned all = above * UINT8_MAX + through;
  for (int c = 0; c < OPACITY && all > 0; c++)
    below[c] = (unsigned char)((paint[c] * above * UINT8_MAX + below[c] * through + all / 2) / all);
  below[OPACITY] = (unsigned char)((all + UINT8_MAX / 2) / UINT8_MAX);
}

static int64_t clamp(int64_t value, int64_t least, int64_t most) {
  return value < least ? least : value > most ? most : value;
}

/* The part of an area that lies on the canvas. */
static struct dm_area visible(const struct dm_canvas *canvas, const struct dm_area *area) {
  int64_t width = (int64_t)canvas->width;
  int64_t height = (int64_t)canvas->height;
  struct dm_area part = {.x = clamp(area->x, 0, width), .y = clamp(area->y, 0, height)};
  part.width = clamp(area->x + clamp(area->width, 0, INT32_MAX), part.x, width) - part.x;
  part.height = clamp(area->y + clamp(area->height, 0, INT32_MAX), part.y, height) - part.y;
  return part;
}

void dm_canvas_fill(struct dm_canvas *canvas, const struct dm_area *area, uint32_t colour) {
  struct dm_area part = visible(canvas, area);
  const unsigned char paint[SAMPLES] = {(unsigned char)(colour >> 24), (unsigned char)(colour >> 16),
                                        (unsigned char)(colour >> 8), (unsigned char)colour};
  for (int64_t y = part.y; y < part.y + part.height; y++)
    for (int64_t x = part.x; x < part.x + part.width; x++)
      cover(pixel_at(canvas, x, y), paint);
}

/* The character at `text`, of which `size` bytes are left, and in how many bytes it is written; a byte that
 * is no UTF-8 is one that no font has. */
static uint32_t next_character(const char *text, size_t size, size_t *length) {
  unsigned char lead = (unsigned char)text[0];
  size_t count = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 0;
  *length = 1;
  if (count == 0 || count > size)
    return UINT32_MAX;
  uint32_t code = count == 1 ? lead : lead & (0x7FU >> count);
  for (size_t i = 1; i < count; i++) {
    if (((unsigned char)text[i] & 0xC0) != 0x80)
      return UINT32_MAX;
    code = code << 6 | ((unsigned char)text[i] & 0x3FU);
  }
  *length = count;
  return code;
}

void dm_canvas_text(struct dm_canvas *canvas, int64_t x, int64_t y, const char *text, size_t size,
                    uint32_t colour, int64_t scale) {
  size_t length = 0;
  for (size_t i = 0; i < size; i += length) {
    uint8_t rows[DM_GLYPH_ROWS];
    (void)dm_glyph_draw(next_character(text + i, size - i, &length), rows);
    for (int row = 0; row < DM_GLYPH_ROWS; row++)
      for (int column = 0; column < DM_GLYPH_COLUMNS; column++)
        if ((rows[row] >> (DM_GLYPH_COLUMNS - 1 - column) & 1) != 0)
          dm_canvas_fill(canvas, &(struct dm_area){x + column * scale, y + row * scale, scale, scale},
                         colour);
    x += DM_GLYPH_WIDTH * scale;
  }
}

/* An image on its way to a canvas: one row of the result after the other. */
struct drawing {
  const struct dm_tensor *image;
  size_t height;   /* of the image */
  size_t width;    /* of the image */
  size_t channels; /* 1 to 4 */
  double low;
  double factor;  /* level = (value - low) × factor */
  size_t row;     /* of the image that `values` holds; SIZE_MAX: none */
  double *values; /* of one row of the image */
  double *sums;   /* SAMPLES for each pixel of one row of the result, the colours times opacity */
};

static int read_row(struct drawing *drawing, size_t row, struct dm_error *err) {
  struct dm_tensor view;
  size_t count = drawing->width * drawing->channels;
  if (drawing->row == row)
    return 0;
  dm_tensor_select(&view, drawing->image, 0, row);
  int status = dm_tensor_convert(&view, DM_FLOAT64, drawing->values, count * sizeof(double), err);
  dm_tensor_close(&view);
  for (size_t i = 0; i < count; i++) {
    double level = (drawing->values[i] - drawing->low) * drawing->factor;
    drawing->values[i] = level > 0 ? fmin(level, UINT8_MAX) : 0; /* NaN is not > 0 */
  }
  drawing->row = row;
  return status;
}

/* One pixel of the image to red, green, blue, opacity. */
static void spread(double *samples, const double *values, size_t channels) {
  bool grey = channels < 3;
  samples[RED] = values[0];
  samples[GREEN] = grey ? values[0] : values[1];
  samples[BLUE] = grey ? values[0] : values[2];
  samples[OPACITY] = channels % 2 == 0 ? values[channels - 1] : UINT8_MAX;
}

/* The first of `from` parts that belongs to part `i` of `to`: i × from / to, without overflow (i and `to`
 * have 31 bits). */
static size_t part_start(int64_t i, size_t from, int64_t to) {
  size_t place = (size_t)i;
  size_t count = (size_t)to;
  return from / count * place + from % count * place / count;
}

/* The parts that belong to part `i`: one at least. */
static size_t part_end(int64_t i, size_t from, int64_t to) {
  size_t start = part_start(i, from, to);
  size_t end = part_start(i + 1, from, to);
  return end > start ? end : start + 1;
}

static void add_row(const struct drawing *drawing, const struct dm_area *area, const struct dm_area *part) {
  for (int64_t x = 0; x < part->width; x++) {
    int64_t place = part->x - area->x + x;
    size_t end = part_end(place, drawing->width, area->width);
    for (size_t i = part_start(place, drawing->width, area->width); i < end; i++) {
      double samples[SAMPLES];
      double *sums = drawing->sums + x * SAMPLES;
      spread(samples, drawing->values + i * drawing->channels, drawing->channels);
      for (int c = 0; c < OPACITY; c++)
        sums[c] += samples[c] * samples[OPACITY];
      sums[OPACITY] += samples[OPACITY];
    }
  }
}

/* Paints row `y` of the canvas with the averages of `rows` rows. */
static void paint_row(struct dm_canvas *canvas, const struct drawing *drawing, const struct dm_area *area,
                      const struct dm_area *part, int64_t y, size_t rows) {
  for (int64_t x = 0; x < part->width; x++) {
    const double *sums = drawing->sums + x * SAMPLES;
    unsigned char paint[SAMPLES] = {0};
    int64_t place = part->x - area->x + x;
    size_t columns =
        part_end(place, drawing->width, area->width) - part_start(place, drawing->width, area->width);
    for (int c = 0; c < OPACITY && sums[OPACITY] > 0; c++)
      paint[c] = (unsigned char)lround(sums[c] / sums[OPACITY]);
    paint[OPACITY] = (unsigned char)lround(sums[OPACITY] / (double)(columns * rows));
    cover(pixel_at(canvas, part->x + x, y), paint);
  }
}

static int draw_rows(struct dm_canvas *canvas, struct drawing *drawing, const struct dm_area *area,
                     const struct dm_area *part, struct dm_error *err) {
  for (int64_t y = part->y; y < part->y + part->height; y++) {
    size_t start = part_start(y - area->y, drawing->height, area->height);
    size_t end = part_end(y - area->y, drawing->height, area->height);
    memset(drawing->sums, 0, (size_t)part->width * SAMPLES * sizeof *drawing->sums);
    for (size_t row = start; row < end; row++) {
      if (read_row(drawing, row, err) != 0)
        return -1;
      add_row(drawing, area, part);
    }
    paint_row(canvas, drawing, area, part, y, end - start);
  }
  return 0;
}

static int check_drawing(const struct dm_tensor *image, size_t channels, struct dm_error *err) {
  char text[DM_SHAPE_TEXT_SIZE];
  if ((image->ndim != 2 && image->ndim != 3) || dm_tensor_numel(image) == 0 || channels > SAMPLES)
    return dm_error_set(err, DM_ERROR_USAGE,
                        "tensor of %s %s (h × w or h × w × c, c from 1 to 4, expected of an image)",
                        dm_dtype_name(image->dtype), dm_shape_text(text, image->ndim, image->shape, " × "));
  return 0;
}

int dm_canvas_draw(struct dm_canvas *canvas, const struct dm_tensor *image, const struct dm_area *area,
                   double low, double high, struct dm_error *err) {
  struct drawing drawing = {.image = image, .low = low, .row = SIZE_MAX};
  drawing.channels = image->ndim == 3 ? image->shape[2] : 1;
  if (check_drawing(image, drawing.channels, err) != 0)
    return -1;
  struct dm_area part = visible(canvas, area);
  if (part.width == 0 || part.height == 0)
    return 0;
  drawing.height = image->shape[0];
  drawing.width = image->shape[1];
  drawing.factor = UINT8_MAX / (high - low);
  drawing.values = calloc(drawing.width * drawing.channels, sizeof *drawing.values);
  drawing.sums = calloc((size_t)part.width * SAMPLES, sizeof *drawing.sums);
  int status = drawing.values != NULL && drawing.sums != NULL
                   ? draw_rows(canvas, &drawing, area, &part, err)
                   : dm_error_set(err, DM_ERROR, "picture: not enough memory");
  free(drawing.values);
  free(drawing.sums);
  return status;
}
