#include <string.h>

#include "datamaestro/graphics.h"

enum { OPACITY = 3, SAMPLES = 4, HALF = 128 };

/* What the terminal has been told of colours: 0xRRGGBB or a number of the 256, NONE for its own. */
enum { NONE = -1 };

struct pen {
  struct dm_buffer *out;
  enum dm_colours colours;
  int32_t front;
  int32_t ground;
};

/* Of the six levels of xterm's colour cube, 0 and from 95 in steps of 40, the nearest. */
static int cube_level(int sample) {
  return sample < 48 ? 0 : sample < 115 ? 1 : (sample - 35) / 40;
}

static int cube_sample(int level) {
  return level == 0 ? 0 : 55 + 40 * level;
}

static int square(int x) {
  return x * x;
}

/* The nearest of xterm's colours 16 to 255: the cube, then greys from 8 in steps of 10. */
static int32_t nearest_of_256(const unsigned char *pixel) {
  int level[3];
  int cube_distance = 0;
  int grey = (pixel[0] + pixel[1] + pixel[2]) / 3;
  int step = grey < 8 ? 0 : grey > 238 ? 23 : (grey - 3) / 10;
  int grey_distance = 0;
  for (int c = 0; c < 3; c++) {
    level[c] = cube_level(pixel[c]);
    cube_distance += square(cube_sample(level[c]) - pixel[c]);
    grey_distance += square(8 + 10 * step - pixel[c]);
  }
  return grey_distance < cube_distance ? 232 + step : 16 + 36 * level[0] + 6 * level[1] + level[2];
}

static int32_t colour_of(const struct pen *pen, const unsigned char *pixel) {
  if (pixel[OPACITY] < HALF)
    return NONE;
  if (pen->colours == DM_COLOURS_256)
    return nearest_of_256(pixel);
  return pixel[0] << 16 | pixel[1] << 8 | pixel[2];
}

/* Tells the terminal of a colour, where it does not know: `kind` is 38 in front, 48 for the ground. */
static void set_colour(struct pen *pen, int kind, int32_t colour) {
  int32_t *known = kind == 38 ? &pen->front : &pen->ground;
  if (*known == colour)
    return;
  *known = colour;
  if (colour == NONE)
    dm_buffer_print(pen->out, "\033[%dm", kind + 1);
  else if (pen->colours == DM_COLOURS_256)
    dm_buffer_print(pen->out, "\033[%d;5;%dm", kind, colour);
  else
    dm_buffer_print(pen->out, "\033[%d;2;%d;%d;%dm", kind, colour >> 16, colour >> 8 & 255, colour & 255);
}

static void put(const struct pen *pen, const char *character) {
  dm_buffer_add(pen->out, character, strlen(character));
}

/* Two pixels, one above the other. One colour is a space, since a font's block may leave a seam. */
static void put_halves(struct pen *pen, const unsigned char *above, const unsigned char *below) {
  int32_t upper = colour_of(pen, above);
  int32_t lower = colour_of(pen, below);
  if (upper == lower) {
    set_colour(pen, 48, upper);
    put(pen, " ");
  } else if (upper == NONE) {
    set_colour(pen, 48, NONE);
    set_colour(pen, 38, lower);
    put(pen, "▄");
  } else {
    set_colour(pen, 48, lower);
    set_colour(pen, 38, upper);
    put(pen, "▀");
  }
}

/* The average of two pixels, weighed by their opacity. */
static void average(unsigned char *pixel, const unsigned char *above, const unsigned char *below) {
  int weight = above[OPACITY] + below[OPACITY];
  for (int c = 0; c < OPACITY; c++) {
    int sum = above[c] * above[OPACITY] + below[c] * below[OPACITY];
    pixel[c] = (unsigned char)(weight == 0 ? 0 : sum / weight);
  }
  pixel[OPACITY] = (unsigned char)((weight + 1) / 2); /* one of two covers */
}

/* Ten characters of growing blackness, by brightness (the weights are those of ITU-R BT.601). */
static void put_brightness(const struct pen *pen, const unsigned char *pixel, bool light) {
  static const char ramp[] = " .:-=+*#%@";
  enum { LEVELS = sizeof ramp - 1 };
  int brightness = (299 * pixel[0] + 587 * pixel[1] + 114 * pixel[2]) / 1000;
  int level = brightness * LEVELS / 256;
  const char *character = ramp + (light ? LEVELS - 1 - level : level);
  dm_buffer_add(pen->out, pixel[OPACITY] < HALF ? " " : character, 1);
}

static void put_cell(struct pen *pen, const unsigned char *above, const unsigned char *below,
                     const struct dm_blocks_options *options) {
  unsigned char pixel[SAMPLES];
  if (options->colours != DM_COLOURS_NONE && options->unicode) {
    put_halves(pen, above, below);
    return;
  }
  average(pixel, above, below);
  if (options->colours == DM_COLOURS_NONE) {
    put_brightness(pen, pixel, options->light);
    return;
  }
  set_colour(pen, 48, colour_of(pen, pixel));
  put(pen, " ");
}

void dm_graphics_blocks(struct dm_buffer *out, const struct dm_canvas *canvas,
                        const struct dm_blocks_options *options) {
  static const unsigned char nothing[SAMPLES] = {0};
  const unsigned char *pixels = canvas->pixels.storage->bytes;
  for (size_t y = 0; y < canvas->height; y += 2) {
    struct pen pen = {.out = out, .colours = options->colours, .front = NONE, .ground = NONE};
    const unsigned char *row = pixels + y * canvas->width * SAMPLES;
    for (size_t x = 0; x < canvas->width; x++) {
      const unsigned char *above = row + x * SAMPLES;
      bool last = y + 1 == canvas->height;
      put_cell(&pen, above, last ? nothing : above + canvas->width * SAMPLES, options);
    }
    bool coloured = pen.front != NONE || pen.ground != NONE;
    put(&pen, coloured ? "\033[0m\n" : "\n");
  }
}
