#include "datamaestro/resize.h"

#include <math.h>
#include <stdlib.h>

#include "tensor_blocks.h"

enum { CHANNELS_MAXIMUM = 4, RED = 0, GREEN = 1, BLUE = 2 };

/* For each place along a side of the result: where its part of the image begins, how long it is, and how much
 * each of that counts. */
struct filter {
  size_t longest; /* weights kept for a place */
  size_t *first;
  size_t *count;
  double *weights;
};

static void close_filter(struct filter *filter) {
  free(filter->first);
  free(filter->count);
  free(filter->weights);
}

/* The weights of place `i`, which fill one triangle. */
static void weigh(struct filter *filter, size_t i, size_t size, double scale) {
  double width = scale > 1 ? scale : 1;
  double centre = ((double)i + 0.5) * scale;
  double low = floor(centre - width + 0.5);
  double high = floor(centre + width + 0.5);
  size_t first = low > 0 ? (size_t)low : 0;
  size_t last = high < (double)size ? (size_t)high : size;
  double *weights = filter->weights + i * filter->longest;
  double sum = 0;
  for (size_t k = first; k < last; k++) {
    double away = fabs((double)k + 0.5 - centre) / width;
    weights[k - first] = away < 1 ? 1 - away : 0;
    sum += weights[k - first];
  }
  for (size_t k = first; k < last; k++)
    weights[k - first] /= sum;
  filter->first[i] = first;
  filter->count[i] = last - first;
}

static int open_filter(struct filter *filter, size_t size, size_t result, struct dm_error *err) {
  double scale = (double)size / (double)result;
  filter->longest = 2 * (size_t)ceil(scale > 1 ? scale : 1) + 1;
  filter->first = calloc(result, sizeof *filter->first);
  filter->count = calloc(result, sizeof *filter->count);
  filter->weights = calloc(result * filter->longest, sizeof *filter->weights); /* sides are of 16 bits */
  if (filter->first == NULL || filter->count == NULL || filter->weights == NULL)
    return dm_error_set(err, DM_ERROR, "resize: not enough memory");
  for (size_t i = 0; i < result; i++)
    weigh(filter, i, size, scale);
  return 0;
}

/* A resize under way. */
struct work {
  const struct dm_tensor *image;
  struct dm_resize how;
  size_t channels;    /* of the image */
  struct filter down; /* along the height */
  struct filter across;
  double *row;  /* one of the image, then of the result */
  double *wide; /* the image in the result's width */
};

/* One pixel in as many channels as the result has. */
static void mix(const struct work *work, const double *in, double *out) {
  if (work->how.channels == work->channels)
    for (size_t c = 0; c < work->channels; c++)
      out[c] = in[c];
  else if (work->how.channels == 1)
    out[0] = work->channels < 3 ? in[0] : 0.299 * in[RED] + 0.587 * in[GREEN] + 0.114 * in[BLUE];
  else
    for (size_t c = 0; c < work->how.channels; c++)
      out[c] = in[work->channels < 3 ? 0 : c];
}

/* Adds up one pixel of the image in the result's width. */
static void add_across(const struct work *work, size_t x, double *out) {
  double pixel[CHANNELS_MAXIMUM] = {0};
  const struct filter *filter = &work->across;
  for (size_t k = 0; k < filter->count[x]; k++) {
    double weight = filter->weights[x * filter->longest + k];
    const double *in = work->row + (filter->first[x] + k) * work->channels;
    for (size_t c = 0; c < work->channels; c++)
      pixel[c] += weight * in[c];
  }
  mix(work, pixel, out);
}

static int fill_wide(const struct work *work, struct dm_error *err) {
  size_t size = work->image->shape[1] * work->channels * sizeof(double);
  size_t length = work->how.width * work->how.channels;
  for (size_t y = 0; y < work->image->shape[0]; y++) {
    struct dm_tensor row;
    dm_tensor_select(&row, work->image, 0, y);
    int status = dm_tensor_convert(&row, DM_FLOAT64, work->row, size, err);
    dm_tensor_close(&row);
    if (status != 0)
      return -1;
    for (size_t x = 0; x < work->how.width; x++)
      add_across(work, x, work->wide + y * length + x * work->how.channels);
  }
  return 0;
}

static void fill_result(const struct work *work, struct dm_tensor *result) {
  size_t length = work->how.width * work->how.channels;
  size_t size = length * dm_dtype_size(result->dtype);
  bool whole = dm_dtype_is_integer(result->dtype);
  const struct filter *filter = &work->down;
  for (size_t y = 0; y < work->how.height; y++) {
    for (size_t i = 0; i < length; i++) {
      double sum = 0;
      for (size_t k = 0; k < filter->count[y]; k++)
        sum += filter->weights[y * filter->longest + k] * work->wide[(filter->first[y] + k) * length + i];
      work->row[i] = whole ? round(sum) : sum;
    }
    (void)dm_dtype_conversion(DM_FLOAT64, result->dtype)((const unsigned char *)work->row, length,
                                                         result->storage->bytes + y * size);
  }
}

static int check(const struct work *work, struct dm_error *err) {
  char text[DM_SHAPE_TEXT_SIZE];
  const struct dm_tensor *image = work->image;
  const struct dm_resize *how = &work->how;
  if ((image->ndim != 2 && image->ndim != 3) || dm_tensor_numel(image) == 0 ||
      work->channels > CHANNELS_MAXIMUM || image->shape[0] > DM_RESIZE_SIDE_MAXIMUM ||
      image->shape[1] > DM_RESIZE_SIDE_MAXIMUM)
    return dm_error_set(err, DM_ERROR_USAGE, "resize: tensor of %s (an image, h × w or h × w × c, expected)",
                        dm_shape_text(text, image->ndim, image->shape, " × "));
  if (how->height == 0 || how->height > DM_RESIZE_SIDE_MAXIMUM || how->width == 0 ||
      how->width > DM_RESIZE_SIDE_MAXIMUM)
    return dm_error_set(err, DM_ERROR_USAGE, "resize: %zu × %zu pixels (1 to %d a side expected)",
                        how->height, how->width, DM_RESIZE_SIDE_MAXIMUM);
  if (how->channels != work->channels && how->channels != 1 && how->channels != 3)
    return dm_error_set(err, DM_ERROR_USAGE, "resize: %zu channels of %zu (1, 3 or as many expected)",
                        how->channels, work->channels);
  return 0;
}

static int resize(struct work *work, struct dm_tensor *result, struct dm_error *err) {
  const struct dm_tensor *image = work->image;
  size_t length = work->how.width * work->how.channels;
  size_t before = image->shape[1] * work->channels;
  if (open_filter(&work->down, image->shape[0], work->how.height, err) != 0 ||
      open_filter(&work->across, image->shape[1], work->how.width, err) != 0)
    return -1;
  work->row = calloc(length > before ? length : before, sizeof *work->row);
  work->wide = calloc(image->shape[0], length * sizeof *work->wide);
  if (work->row == NULL || work->wide == NULL)
    return dm_error_set(err, DM_ERROR, "resize: not enough memory");
  if (fill_wide(work, err) != 0)
    return -1;
  fill_result(work, result);
  return 0;
}

int dm_tensor_resize(struct dm_tensor *result, const struct dm_tensor *image, const struct dm_resize *how,
                     struct dm_error *err) {
  struct work work = {.image = image, .how = *how, .channels = image->ndim == 3 ? image->shape[2] : 1};
  if (how->channels == 0)
    work.how.channels = work.channels;
  if (check(&work, err) != 0)
    return -1;
  const size_t shape[3] = {how->height, how->width, work.how.channels};
  if (dm_tensor_alloc(result, image->dtype, image->ndim == 2 && how->channels == 0 ? 2 : 3, shape, err) != 0)
    return -1;
  int status = resize(&work, result, err);
  close_filter(&work.down);
  close_filter(&work.across);
  free(work.row);
  free(work.wide);
  if (status != 0)
    dm_tensor_close(result);
  return status;
}
