#include "palette.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Colours are counted in cells of 5 bits a sample. */
enum { BITS = 5, SIDE = 1 << BITS, CELLS = SIDE * SIDE * SIDE, SAMPLES = 4, OPACITY = 3, HALF = 128 };

struct cell {
  uint32_t count;  /* pixels */
  uint64_t sum[3]; /* of their samples */
  uint16_t index;  /* nearest colour of the palette; UNKNOWN until it is asked for */
};

enum { UNKNOWN = 0xffff };

/* A box of cells, bounds included, from the smallest that holds all pixels in it. */
struct box {
  int least[3];
  int most[3];
  uint64_t count;
};

struct work {
  struct cell *cells; /* CELLS */
  struct box boxes[DM_PALETTE_MAXIMUM];
  int count; /* boxes */
};

static size_t cell_at(int red, int green, int blue) {
  return (size_t)red << 2 * BITS | (size_t)green << BITS | (size_t)blue;
}

static size_t cell_of(const unsigned char *pixel) {
  return cell_at(pixel[0] >> (8 - BITS), pixel[1] >> (8 - BITS), pixel[2] >> (8 - BITS));
}

static void count_pixels(struct cell *cells, const struct dm_canvas *canvas) {
  const unsigned char *pixel = canvas->pixels.storage->bytes;
  for (size_t i = 0; i < canvas->width * canvas->height; i++, pixel += SAMPLES) {
    if (pixel[OPACITY] < HALF)
      continue;
    struct cell *cell = &cells[cell_of(pixel)];
    cell->count++;
    for (int c = 0; c < 3; c++)
      cell->sum[c] += pixel[c];
  }
}

/* Shrinks a box to the pixels in it. */
static void fit(struct box *box, const struct cell *cells) {
  struct box fitted = {.least = {SIDE, SIDE, SIDE}, .most = {-1, -1, -1}};
  for (int r = box->least[0]; r <= box->most[0]; r++)
    for (int g = box->least[1]; g <= box->most[1]; g++)
      for (int b = box->least[2]; b <= box->most[2]; b++) {
        uint32_t count = cells[cell_at(r, g, b)].count;
        const int place[3] = {r, g, b};
        for (int c = 0; c < 3 && count > 0; c++) {
          fitted.least[c] = place[c] < fitted.least[c] ? place[c] : fitted.least[c];
          fitted.most[c] = place[c] > fitted.most[c] ? place[c] : fitted.most[c];
        }
        fitted.count += count;
      }
  *box = fitted;
}

static int longest_side(const struct box *box) {
  int longest = 0;
  for (int c = 1; c < 3; c++)
    if (box->most[c] - box->least[c] > box->most[longest] - box->least[longest])
      longest = c;
  return longest;
}

/* The box to cut next: many pixels in much room. -1 when each is one cell. */
static int widest(const struct work *work) {
  int chosen = -1;
  uint64_t greatest = 0;
  for (int i = 0; i < work->count; i++) {
    const struct box *box = &work->boxes[i];
    int side = longest_side(box);
    uint64_t extent = (uint64_t)(box->most[side] - box->least[side]);
    if (extent > 0 && extent * box->count > greatest) {
      greatest = extent * box->count;
      chosen = i;
    }
  }
  return chosen;
}

/* Pixels of a box whose place on `side` is `place`. */
static uint64_t count_slice(const struct box *box, const struct cell *cells, int side, int place) {
  struct box slice = *box;
  slice.least[side] = slice.most[side] = place;
  fit(&slice, cells);
  return slice.count;
}

/* Cuts a box in two of about as many pixels each; the second becomes `other`. */
static void cut(struct box *box, struct box *other, const struct cell *cells) {
  int side = longest_side(box);
  int place = box->least[side];
  uint64_t below = count_slice(box, cells, side, place);
  while (2 * below < box->count && place + 1 < box->most[side])
    below += count_slice(box, cells, side, ++place);
  *other = *box;
  box->most[side] = place;
  other->least[side] = place + 1;
  fit(box, cells);
  fit(other, cells);
}

/* The average of a box is its colour. */
static void average(unsigned char *colour, const struct box *box, const struct cell *cells) {
  uint64_t sum[3] = {0};
  for (int r = box->least[0]; r <= box->most[0]; r++)
    for (int g = box->least[1]; g <= box->most[1]; g++)
      for (int b = box->least[2]; b <= box->most[2]; b++)
        for (int c = 0; c < 3; c++)
          sum[c] += cells[cell_at(r, g, b)].sum[c];
  for (int c = 0; c < 3; c++)
    colour[c] = (unsigned char)((sum[c] + box->count / 2) / box->count);
}

static void choose(struct dm_palette *palette, struct work *work, int limit) {
  work->boxes[0] = (struct box){.most = {SIDE - 1, SIDE - 1, SIDE - 1}};
  fit(&work->boxes[0], work->cells);
  work->count = work->boxes[0].count > 0 ? 1 : 0;
  for (int chosen = widest(work); chosen >= 0 && work->count < limit; chosen = widest(work))
    cut(&work->boxes[chosen], &work->boxes[work->count++], work->cells);
  palette->count = work->count;
  for (int i = 0; i < work->count; i++)
    average(palette->colours[i], &work->boxes[i], work->cells);
}

static uint16_t nearest(const struct dm_palette *palette, const unsigned char *pixel) {
  int least = INT32_MAX;
  int chosen = 0;
  for (int i = 0; i < palette->count; i++) {
    int distance = 0;
    for (int c = 0; c < 3; c++) {
      int difference = palette->colours[i][c] - pixel[c];
      distance += difference * difference;
    }
    if (distance < least) {
      least = distance;
      chosen = i;
    }
  }
  return (uint16_t)chosen;
}

/* The nearest colour, the same for a whole cell: what that lacks in exactness is passed on as an error. */
static uint16_t find(const struct dm_palette *palette, struct cell *cells, const unsigned char *pixel) {
  struct cell *cell = &cells[cell_of(pixel)];
  if (cell->index == UNKNOWN)
    cell->index = nearest(palette, pixel);
  return cell->index;
}

/* Errors of this row and the next, three a pixel, with a pixel of room on each side. */
static void diffuse(int *here, int *below, const int *error) {
  for (int c = 0; c < 3; c++) {
    here[3 + c] += error[c] * 7;
    below[-3 + c] += error[c] * 3;
    below[c] += error[c] * 5;
    below[3 + c] += error[c];
  }
}

static bool is_exact(const struct dm_palette *palette, uint16_t index, const unsigned char *pixel) {
  return memcmp(palette->colours[index], pixel, 3) == 0;
}

/* One pixel with its neighbours' errors. One that can have its colour gets it: areas stay even. */
static uint16_t map_pixel(struct dm_palette *palette, struct cell *cells, const unsigned char *pixel,
                          int *here, int *below) {
  unsigned char wanted[3];
  int error[3];
  uint16_t index = find(palette, cells, pixel);
  if (is_exact(palette, index, pixel))
    return index;
  for (int c = 0; c < 3; c++) {
    int sample = pixel[c] + here[c] / 16;
    wanted[c] = (unsigned char)(sample < 0 ? 0 : sample > UINT8_MAX ? UINT8_MAX : sample);
  }
  index = find(palette, cells, wanted);
  for (int c = 0; c < 3; c++)
    error[c] = wanted[c] - palette->colours[index][c];
  diffuse(here, below, error);
  return index;
}

static void map_row(struct dm_palette *palette, struct cell *cells, const struct dm_canvas *canvas, size_t y,
                    int *here, int *below) {
  const unsigned char *pixel = canvas->pixels.storage->bytes + y * canvas->width * SAMPLES;
  uint16_t *index = palette->indices + y * canvas->width;
  for (size_t x = 0; x < canvas->width; x++, pixel += SAMPLES)
    index[x] = pixel[OPACITY] < HALF ? DM_PALETTE_CLEAR
                                     : map_pixel(palette, cells, pixel, here + 3 * x, below + 3 * x);
}

static int map_diffused(struct dm_palette *palette, struct cell *cells, const struct dm_canvas *canvas,
                        struct dm_error *err) {
  size_t row = 3 * (canvas->width + 2);
  int *errors = calloc(2 * row, sizeof *errors);
  if (errors == NULL)
    return dm_error_set(err, DM_ERROR, "picture: not enough memory");
  for (int i = 0; i < CELLS; i++)
    cells[i].index = UNKNOWN;
  for (size_t y = 0; y < canvas->height; y++) {
    int *here = errors + (y % 2) * row;
    int *below = errors + (1 - y % 2) * row;
    memset(below, 0, row * sizeof *below);
    map_row(palette, cells, canvas, y, here + 3, below + 3);
  }
  free(errors);
  return 0;
}

/* A picture of few colours: each pixel its own, without a look at its neighbours. */
static void map_exactly(struct dm_palette *palette, const struct dm_canvas *canvas) {
  const unsigned char *pixel = canvas->pixels.storage->bytes;
  uint32_t last = UINT32_MAX;
  uint16_t index = 0;
  for (size_t i = 0; i < canvas->width * canvas->height; i++, pixel += SAMPLES) {
    uint32_t colour = (uint32_t)pixel[0] << 16 | (uint32_t)pixel[1] << 8 | pixel[2];
    if (colour != last)
      index = nearest(palette, pixel);
    last = colour;
    palette->indices[i] = pixel[OPACITY] < HALF ? DM_PALETTE_CLEAR : index;
  }
}

/* Takes the picture's own colours where there are no more than `limit`; else false. */
static bool take_all(struct dm_palette *palette, const struct dm_canvas *canvas, int limit) {
  const unsigned char *pixel = canvas->pixels.storage->bytes;
  palette->count = 0;
  for (size_t i = 0; i < canvas->width * canvas->height; i++, pixel += SAMPLES) {
    if (pixel[OPACITY] < HALF || (i > 0 && memcmp(pixel, pixel - SAMPLES, SAMPLES) == 0))
      continue;
    int k = palette->count > 0 ? nearest(palette, pixel) : 0;
    if (palette->count > 0 && memcmp(palette->colours[k], pixel, 3) == 0)
      continue;
    if (palette->count == limit)
      return false;
    memcpy(palette->colours[palette->count++], pixel, 3);
  }
  return true;
}

static int reduce(struct dm_palette *palette, const struct dm_canvas *canvas, int limit,
                  struct dm_error *err) {
  struct cell *cells = calloc(CELLS, sizeof *cells);
  struct work work = {.cells = cells};
  if (cells == NULL)
    return dm_error_set(err, DM_ERROR, "picture: not enough memory");
  count_pixels(cells, canvas);
  choose(palette, &work, limit);
  int status = map_diffused(palette, cells, canvas, err);
  free(cells);
  return status;
}

int dm_palette_open(struct dm_palette *palette, const struct dm_canvas *canvas, int limit,
                    struct dm_error *err) {
  palette->indices = calloc(canvas->width * canvas->height, sizeof *palette->indices);
  if (palette->indices == NULL)
    return dm_error_set(err, DM_ERROR, "picture: not enough memory");
  if (take_all(palette, canvas, limit))
    map_exactly(palette, canvas);
  else if (reduce(palette, canvas, limit, err) != 0) {
    dm_palette_close(palette);
    return -1;
  }
  return 0;
}

void dm_palette_close(struct dm_palette *palette) {
  free(palette->indices);
  palette->indices = NULL;
}
