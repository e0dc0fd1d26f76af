#include <math.h>
#include <string.h>

#include "datamaestro/tensor_math.h"
#include "tensor_blocks.h"

enum { CLASSES_MAXIMUM = 1 << 28, BINS_MAXIMUM = 1 << 28 }; /* counts of 2 GiB */

static size_t next_count(size_t remaining) {
  return remaining < DM_TYPED_COUNT ? remaining : DM_TYPED_COUNT;
}

static int64_t integer_at(const unsigned char *in, size_t i) {
  int64_t value;
  memcpy(&value, in + i * sizeof value, sizeof value);
  return value;
}

static double real_at(const unsigned char *in, size_t i) {
  double value;
  memcpy(&value, in + i * sizeof value, sizeof value);
  return value;
}

/* Zeros, aligned as malloc aligns. */
static int alloc_counts(struct dm_tensor *counts, size_t size, int64_t **zeros, struct dm_error *err) {
  if (dm_tensor_alloc(counts, DM_INT64, 1, &size, err) != 0)
    return -1;
  memset(counts->storage->bytes, 0, counts->storage->size);
  *zeros = (int64_t *)(void *)counts->storage->bytes;
  return 0;
}

/* The interval of the values, which must have one. */
static int find_range(double range[2], const struct dm_tensor *tensor, struct dm_error *err) {
  struct dm_scalar ends[2];
  range[0] = 0;
  range[1] = 1;
  if (dm_tensor_numel(tensor) == 0)
    return 0;
  (void)dm_tensor_range(tensor, &ends[0], &ends[1], err); /* fails for empty ones only */
  for (int i = 0; i < 2; i++)
    range[i] = ends[i].is_integer ? (double)ends[i].integer : ends[i].real;
  if (!isfinite(range[0]) || !isfinite(range[1]))
    return dm_error_set(err, DM_ERROR_USAGE,
                        "histogram: values from %g to %g (finite ones, or a range, expected)", range[0],
                        range[1]);
  return 0;
}

/* Counts as NumPy does: the quotient may round into a neighbour, which the ends then tell. */
static void count_values(int64_t *counts, const double *edges, size_t bins, const unsigned char *in,
                         size_t count) {
  const double first = edges[0];
  const double last = edges[bins];
  const double scale = (double)bins / (last - first);
  for (size_t i = 0; i < count; i++) {
    double value = real_at(in, i);
    if (!(value >= first && value <= last))
      continue;
    size_t bin = (size_t)((value - first) * scale);
    if (bin >= bins)
      bin = bins - 1;
    if (value < edges[bin])
      bin--;
    else if (bin + 1 < bins && value >= edges[bin + 1])
      bin++;
    counts[bin]++;
  }
}

static void fill_edges(double *edges, size_t bins, const double range[2]) {
  double step = (range[1] - range[0]) / (double)bins;
  for (size_t i = 0; i < bins; i++)
    edges[i] = range[0] + (double)i * step;
  edges[bins] = range[1];
}

static int check_range(double ends[2], const struct dm_tensor *tensor, size_t bins, const double *range,
                       struct dm_error *err) {
  if (bins < 1 || bins > BINS_MAXIMUM)
    return dm_error_set(err, DM_ERROR_USAGE, "histogram: %zu bins (1 to %d expected)", bins, BINS_MAXIMUM);
  if (range == NULL) {
    if (find_range(ends, tensor, err) != 0)
      return -1;
  } else {
    for (int i = 0; i < 2; i++)
      ends[i] = isnan(range[i]) ? (double)NAN : range[i]; /* one without a sign, for the message */
    if (!isfinite(ends[0]) || !isfinite(ends[1]) || ends[0] > ends[1])
      return dm_error_set(err, DM_ERROR_USAGE,
                          "histogram: from %g to %g (two finite numbers, the lower one first, expected)",
                          ends[0], ends[1]);
  }
  if (ends[0] == ends[1]) {
    ends[0] -= 0.5;
    ends[1] += 0.5;
  }
  if (isfinite((double)bins / (ends[1] - ends[0])) && isfinite(ends[1] - ends[0]))
    return 0;
  return dm_error_set(err, DM_ERROR_USAGE, "histogram: from %g to %g (an interval that divides expected)",
                      ends[0], ends[1]);
}

int dm_tensor_histogram(struct dm_tensor *counts, struct dm_tensor *edges, const struct dm_tensor *tensor,
                        size_t bins, const double *range, struct dm_error *err) {
  struct dm_typed typed;
  double ends[2] = {0, 0};
  int64_t *numbers = NULL;
  size_t now = 0;
  const size_t ends_size = bins + 1;
  if (check_range(ends, tensor, bins, range, err) != 0 || alloc_counts(counts, bins, &numbers, err) != 0)
    return -1;
  if (dm_tensor_alloc(edges, DM_FLOAT64, 1, &ends_size, err) != 0) {
    dm_tensor_close(counts);
    return -1;
  }
  double *places = (double *)(void *)edges->storage->bytes;
  fill_edges(places, bins, ends);
  dm_typed_start(&typed, tensor, DM_FLOAT64);
  for (size_t remaining = dm_tensor_numel(tensor); remaining > 0; remaining -= now) {
    now = next_count(remaining);
    count_values(numbers, places, bins, dm_typed_take(&typed, now), now);
  }
  return 0;
}

/* How many classes there are, all values being among them. */
static int check_classes(size_t *classes, const struct dm_tensor *tensor, struct dm_error *err) {
  struct dm_scalar least;
  struct dm_scalar greatest;
  if (!dm_dtype_is_integer(tensor->dtype))
    return dm_error_set(err, DM_ERROR_USAGE, "bincount: %s (integers expected)",
                        dm_dtype_name(tensor->dtype));
  if (*classes > CLASSES_MAXIMUM)
    return dm_error_set(err, DM_ERROR_USAGE, "bincount: %zu classes (%d at most expected)", *classes,
                        CLASSES_MAXIMUM);
  if (dm_tensor_range(tensor, &least, &greatest, err) != 0)
    return 0; /* empty: as many zeros as asked for */
  int64_t end = *classes > 0 ? (int64_t)*classes : CLASSES_MAXIMUM;
  if (least.integer < 0 || greatest.integer >= end)
    return dm_error_set(err, DM_ERROR_USAGE, "bincount: value %lld (0 to %lld expected)",
                        (long long)(least.integer < 0 ? least.integer : greatest.integer),
                        (long long)end - 1);
  if (*classes == 0)
    *classes = (size_t)greatest.integer + 1;
  return 0;
}

int dm_tensor_bincount(struct dm_tensor *counts, const struct dm_tensor *tensor, size_t classes,
                       struct dm_error *err) {
  struct dm_typed typed;
  int64_t *numbers = NULL;
  size_t now = 0;
  if (check_classes(&classes, tensor, err) != 0 || alloc_counts(counts, classes, &numbers, err) != 0)
    return -1;
  dm_typed_start(&typed, tensor, DM_INT64);
  for (size_t remaining = dm_tensor_numel(tensor); remaining > 0; remaining -= now) {
    now = next_count(remaining);
    const unsigned char *in = dm_typed_take(&typed, now);
    for (size_t i = 0; i < now; i++)
      numbers[integer_at(in, i)]++;
  }
  return 0;
}

/* Calls for the walk over a tensor of one dimension: counts what is not 0 and, with `indices`, notes where.
 */
static size_t walk_nonzero(const struct dm_tensor *tensor, int64_t origin, int64_t *indices) {
  struct dm_typed typed;
  size_t found = 0;
  size_t now = 0;
  bool integers = dm_dtype_is_integer(tensor->dtype);
  dm_typed_start(&typed, tensor, integers ? DM_INT64 : DM_FLOAT64);
  for (size_t done = 0; done < tensor->shape[0]; done += now) {
    now = next_count(tensor->shape[0] - done);
    const unsigned char *in = dm_typed_take(&typed, now);
    for (size_t i = 0; i < now; i++) {
      if (integers ? integer_at(in, i) == 0 : real_at(in, i) == 0)
        continue;
      if (indices != NULL)
        indices[found] = (int64_t)(done + i) + origin;
      found++;
    }
  }
  return found;
}

int dm_tensor_nonzero(struct dm_tensor *indices, const struct dm_tensor *tensor, int64_t origin,
                      struct dm_error *err) {
  if (tensor->ndim != 1)
    return dm_error_set(err, DM_ERROR_USAGE, "nonzero: %d dimensions (1 expected)", tensor->ndim);
  size_t found = walk_nonzero(tensor, origin, NULL);
  if (dm_tensor_alloc(indices, DM_INT64, 1, &found, err) != 0)
    return -1;
  (void)walk_nonzero(tensor, origin, (int64_t *)(void *)indices->storage->bytes);
  return 0;
}
