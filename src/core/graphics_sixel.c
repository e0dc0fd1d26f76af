#include <stdlib.h>
#include <string.h>

#include "datamaestro/graphics.h"
#include "palette.h"

enum { BAND = 6 /* rows of a sixel */, REPEAT_LEAST = 4 /* "!4x" is as short as "xxx" and one */ };

/* Adds `count` times the same sixel. */
static void add_run(struct dm_buffer *out, char sixel, size_t count) {
  if (count >= REPEAT_LEAST) {
    dm_buffer_print(out, "!%zu%c", count, sixel);
    return;
  }
  for (size_t i = 0; i < count; i++)
    dm_buffer_add(out, &sixel, 1);
}

/* One colour of a band: `masks` has its pixels, bit 0 the top row. Empty ones at the end are left out. */
static void add_colour(struct dm_buffer *out, const unsigned char *masks, size_t width) {
  size_t run = 0;
  for (size_t x = 0; x < width; x++) {
    run++;
    bool ends = x + 1 == width || masks[x + 1] != masks[x];
    if (ends && !(x + 1 == width && masks[x] == 0))
      add_run(out, (char)('?' + masks[x]), run);
    run = ends ? 0 : run;
  }
}

/* Adds the band of rows from `y` on. `masks` has room for one row of each colour. */
static void add_band(struct dm_buffer *out, const struct dm_palette *palette, const struct dm_canvas *canvas,
                     size_t y, unsigned char *masks) {
  bool used[DM_PALETTE_MAXIMUM] = {false};
  size_t width = canvas->width;
  memset(masks, 0, width * (size_t)palette->count);
  for (size_t row = 0; row < BAND && y + row < canvas->height; row++)
    for (size_t x = 0; x < width; x++) {
      uint16_t index = palette->indices[(y + row) * width + x];
      if (index == DM_PALETTE_CLEAR)
        continue;
      used[index] = true;
      masks[index * width + x] |= (unsigned char)(1U << row);
    }
  for (int i = 0; i < palette->count; i++)
    if (used[i]) {
      dm_buffer_print(out, "#%d", i);
      add_colour(out, masks + (size_t)i * width, width);
      dm_buffer_add(out, "$", 1); /* back to the left */
    }
  dm_buffer_add(out, "-", 1); /* to the next band */
}

static int percent(unsigned char sample) {
  return (sample * 100 + UINT8_MAX / 2) / UINT8_MAX;
}

int dm_graphics_sixel(struct dm_buffer *out, const struct dm_canvas *canvas, int colours,
                      struct dm_error *err) {
  struct dm_palette palette;
  if (dm_palette_open(&palette, canvas, colours, err) != 0)
    return -1;
  size_t count = palette.count > 0 ? (size_t)palette.count : 1;
  unsigned char *masks = malloc(canvas->width * count);
  if (masks == NULL) {
    dm_palette_close(&palette);
    return dm_error_set(err, DM_ERROR, "picture: not enough memory");
  }
  /* Square pixels; those without a colour stay as they are. */
  dm_buffer_print(out, "\033P0;1;0q\"1;1;%zu;%zu", canvas->width, canvas->height);
  for (int i = 0; i < palette.count; i++)
    dm_buffer_print(out, "#%d;2;%d;%d;%d", i, percent(palette.colours[i][0]), percent(palette.colours[i][1]),
                    percent(palette.colours[i][2]));
  for (size_t y = 0; y < canvas->height; y += BAND)
    add_band(out, &palette, canvas, y, masks);
  dm_buffer_add(out, "\033\\", 2);
  free(masks);
  dm_palette_close(&palette);
  return 0;
}
