#include "datamaestro/tensor_gather.h"

#include <string.h>

#include "tensor_blocks.h"

/* Kernels: `count` dense native elements times `scale` plus `offset`, as a float type. */
typedef void kernel(const unsigned char *restrict in, size_t count, unsigned char *restrict out, double scale,
                    double offset);

/* The same with another scale and offset for each element, from `channel` on and round again. */
typedef void channel_kernel(const unsigned char *restrict in, size_t count, unsigned char *restrict out,
                            const struct dm_gather *how, size_t channel);

/* Where it can be had, a second version for machines with AVX2, chosen when the program is loaded. Neither
 * joins the two operations into one, so that the results are the same. */
#if defined __x86_64__ && defined __GLIBC__ && !defined __clang__ && !defined __SANITIZE_ADDRESS__ &&        \
    !defined __SANITIZE_THREAD__
#define FOR_SEVERAL_MACHINES __attribute__((target_clones("avx2", "default")))
#else
#define FOR_SEVERAL_MACHINES
#endif

#define DEFINE_KERNEL(FROM, SOURCE, TO, TARGET)                                                              \
  FOR_SEVERAL_MACHINES static void FROM##_to_##TO(const unsigned char *restrict in, size_t count,            \
                                                  unsigned char *restrict out, double scale,                 \
                                                  double offset) {                                           \
    const TARGET factor = (TARGET)scale;                                                                     \
    const TARGET summand = (TARGET)offset;                                                                   \
    for (size_t i = 0; i < count; i++) {                                                                     \
      SOURCE value;                                                                                          \
      memcpy(&value, in + i * sizeof value, sizeof value);                                                   \
      TARGET result = (TARGET)value * factor + summand;                                                      \
      memcpy(out + i * sizeof result, &result, sizeof result);                                               \
    }                                                                                                        \
  }
/* What float32 does not hold is scaled in double, then rounded. */
#define DEFINE_ROUNDED_KERNEL(FROM, SOURCE)                                                                  \
  static void FROM##_to_float32(const unsigned char *restrict in, size_t count, unsigned char *restrict out, \
                                double scale, double offset) {                                               \
    for (size_t i = 0; i < count; i++) {                                                                     \
      SOURCE value;                                                                                          \
      memcpy(&value, in + i * sizeof value, sizeof value);                                                   \
      float result = (float)((double)value * scale + offset);                                                \
      memcpy(out + i * sizeof result, &result, sizeof result);                                               \
    }                                                                                                        \
  }
#define DEFINE_CHANNEL_KERNEL(FROM, SOURCE, TO, TARGET, WIDE)                                                \
  static void FROM##_to_##TO##_by_channel(const unsigned char *restrict in, size_t count,                    \
                                          unsigned char *restrict out, const struct dm_gather *how,          \
                                          size_t channel) {                                                  \
    for (size_t i = 0; i < count; i++) {                                                                     \
      SOURCE value;                                                                                          \
      memcpy(&value, in + i * sizeof value, sizeof value);                                                   \
      WIDE scaled = (WIDE)value * (WIDE)how->scales[channel] + (WIDE)how->offsets[channel];                  \
      TARGET result = (TARGET)scaled;                                                                        \
      memcpy(out + i * sizeof result, &result, sizeof result);                                               \
      channel = channel + 1 == how->channels ? 0 : channel + 1;                                              \
    }                                                                                                        \
  }
DEFINE_CHANNEL_KERNEL(uint8, uint8_t, float32, float, float)
DEFINE_CHANNEL_KERNEL(int8, int8_t, float32, float, float)
DEFINE_CHANNEL_KERNEL(uint16, uint16_t, float32, float, float)
DEFINE_CHANNEL_KERNEL(int16, int16_t, float32, float, float)
DEFINE_CHANNEL_KERNEL(int32, int32_t, float32, float, double)
DEFINE_CHANNEL_KERNEL(int64, int64_t, float32, float, double)
DEFINE_CHANNEL_KERNEL(float32, float, float32, float, float)
DEFINE_CHANNEL_KERNEL(float64, double, float32, float, double)
DEFINE_KERNEL(uint8, uint8_t, float32, float)
DEFINE_KERNEL(int8, int8_t, float32, float)
DEFINE_KERNEL(uint16, uint16_t, float32, float)
DEFINE_KERNEL(int16, int16_t, float32, float)
DEFINE_ROUNDED_KERNEL(int32, int32_t)
DEFINE_ROUNDED_KERNEL(int64, int64_t)
DEFINE_KERNEL(float32, float, float32, float)
DEFINE_ROUNDED_KERNEL(float64, double)
#define TO_DOUBLE(CONSTANT, TYPE, NAME)                                                                      \
  DEFINE_KERNEL(NAME, TYPE, float64, double)                                                                 \
  DEFINE_CHANNEL_KERNEL(NAME, TYPE, float64, double, double)
DM_INTEGER_TYPES(TO_DOUBLE)
DM_FLOAT_TYPES(TO_DOUBLE)
#undef TO_DOUBLE

static kernel *const kernels[DM_DTYPES][2] = {
#define ROW(CONSTANT, TYPE, NAME) [CONSTANT] = {NAME##_to_float32, NAME##_to_float64},
    DM_INTEGER_TYPES(ROW) DM_FLOAT_TYPES(ROW)
#undef ROW
};

static channel_kernel *const channel_kernels[DM_DTYPES][2] = {
#define ROW(CONSTANT, TYPE, NAME) [CONSTANT] = {NAME##_to_float32_by_channel, NAME##_to_float64_by_channel},
    DM_INTEGER_TYPES(ROW) DM_FLOAT_TYPES(ROW)
#undef ROW
};

/* Rows under way: those that lie dense and native are read in place, several at once where they are short. */
struct rows {
  const struct dm_tensor *tensor;
  const struct dm_gather *how;
  size_t count; /* elements of a row */
  size_t size;  /* bytes of a row as stored */
  bool dense;
  unsigned char *out;
  size_t at;     /* elements since the first channel's first run, where there are channels */
  size_t packed; /* bytes in the buffer */
  unsigned char buffer[DM_BLOCK_SIZE];
};

/* Scales `count` dense native elements, each run of them as its channel says. */
static void scale_channels(struct rows *rows, const unsigned char *in, size_t count) {
  const struct dm_gather *how = rows->how;
  enum dm_dtype from = rows->tensor->dtype;
  const bool wide = how->dtype == DM_FLOAT64;
  unsigned char *out = rows->out;
  for (size_t now = 0; count > 0; count -= now) {
    size_t channel = rows->at / how->run;
    size_t left = how->run - rows->at % how->run;
    now = how->run == 1 || count < left ? count : left;
    if (how->run == 1)
      channel_kernels[from][wide](in, now, out, how, channel);
    else
      kernels[from][wide](in, now, out, how->scales[channel], how->offsets[channel]);
    in += now * dm_dtype_size(from);
    out += now * dm_dtype_size(how->dtype);
    rows->at = (rows->at + now) % (how->run * how->channels);
  }
}

/* Converts `count` dense native elements. */
static int convert(struct rows *rows, const unsigned char *in, size_t count, struct dm_error *err) {
  const struct dm_gather *how = rows->how;
  enum dm_dtype from = rows->tensor->dtype;
  size_t size = count * dm_dtype_size(how->dtype);
  if (how->is_scaled && how->channels > 1)
    scale_channels(rows, in, count);
  else if (how->is_scaled)
    kernels[from][how->dtype == DM_FLOAT64](in, count, rows->out, how->scale, how->offset);
  else if (from == how->dtype)
    memcpy(rows->out, in, size);
  else {
    struct dm_storage bytes = {.size = count * dm_dtype_size(from), .references = 1};
    struct dm_tensor flat = {.storage = &bytes, .data = in, .dtype = from, .ndim = 1};
    flat.shape[0] = count;
    flat.strides[0] = 1;
    if (dm_tensor_convert(&flat, how->dtype, rows->out, size, err) != 0)
      return -1;
  }
  rows->out += size;
  return 0;
}

static int flush(struct rows *rows, struct dm_error *err) {
  size_t count = rows->packed / dm_dtype_size(rows->tensor->dtype);
  rows->packed = 0;
  return count > 0 ? convert(rows, rows->buffer, count, err) : 0;
}

static int add_dense_row(struct rows *rows, const unsigned char *row, struct dm_error *err) {
  if (rows->size > DM_BLOCK_SIZE / 4)
    return convert(rows, row, rows->count, err);
  if (rows->packed + rows->size > DM_BLOCK_SIZE && flush(rows, err) != 0)
    return -1;
  memcpy(rows->buffer + rows->packed, row, rows->size);
  rows->packed += rows->size;
  return 0;
}

static int add_row(struct rows *rows, size_t index, struct dm_error *err) {
  struct dm_blocks blocks;
  const struct dm_tensor *tensor = rows->tensor;
  const unsigned char *row = tensor->data + index * tensor->strides[0] * dm_dtype_size(tensor->dtype);
  const unsigned char *in = NULL;
  size_t count = 0;
  int status = 0;
  if (rows->dense)
    return add_dense_row(rows, row, err);
  struct dm_tensor view;
  dm_tensor_select(&view, tensor, 0, index);
  dm_blocks_start(&blocks, &view);
  while (status == 0 && (in = dm_blocks_next(&blocks, SIZE_MAX, &count)) != NULL)
    status = convert(rows, in, count, err);
  dm_tensor_close(&view);
  return status;
}

static int refuse_index(int64_t index, const struct dm_gather *how, size_t size, struct dm_error *err) {
  if (size == 0)
    return dm_error_set(err, DM_ERROR_USAGE, "index %lld (none expected: the dimension is empty)",
                        (long long)index);
  return dm_error_set(err, DM_ERROR_USAGE, "index %lld (%lld to %lld expected)", (long long)index,
                      (long long)how->origin, (long long)how->origin + (long long)size - 1);
}

/* Asks for the first bytes of a row, which memory would else be waited for: rows in no order are none that
 * the machine foresees. */
static void prefetch_row(const struct rows *rows, int64_t index) {
  enum { LINE = 64, PREFETCHED = 1024 }; /* bytes */
  const struct dm_tensor *tensor = rows->tensor;
  size_t position = (size_t)index - (size_t)rows->how->origin;
  if (!rows->dense || position >= tensor->shape[0])
    return;
  const unsigned char *row = tensor->data + position * tensor->strides[0] * dm_dtype_size(tensor->dtype);
  for (size_t at = 0; at < rows->size && at < PREFETCHED; at += LINE)
    __builtin_prefetch(row + at);
}

static int64_t index_at(const unsigned char *in, size_t i) {
  int64_t index;
  memcpy(&index, in + i * sizeof index, sizeof index);
  return index;
}

/* Adds the rows of `count` indices. */
static int add_some_rows(struct rows *rows, const unsigned char *indices, size_t count,
                         struct dm_error *err) {
  enum { AHEAD = 6 }; /* rows */
  for (size_t i = 0; i < count; i++) {
    int64_t index = index_at(indices, i);
    /* The difference, unsigned, is large for what lies before the first. */
    size_t position = (size_t)index - (size_t)rows->how->origin;
    if (position >= rows->tensor->shape[0])
      return refuse_index(index, rows->how, rows->tensor->shape[0], err);
    if (i + AHEAD < count)
      prefetch_row(rows, index_at(indices, i + AHEAD));
    if (rows->count > 0 && add_row(rows, position, err) != 0)
      return -1;
  }
  return 0;
}

static int add_rows(struct rows *rows, const struct dm_tensor *indices, struct dm_error *err) {
  struct dm_typed typed;
  size_t now = 0;
  dm_typed_start(&typed, indices, DM_INT64);
  for (size_t done = 0; done < indices->shape[0]; done += now) {
    now = indices->shape[0] - done < DM_TYPED_COUNT ? indices->shape[0] - done : DM_TYPED_COUNT;
    if (add_some_rows(rows, dm_typed_take(&typed, now), now, err) != 0)
      return -1;
  }
  return flush(rows, err);
}

static int check(const struct dm_tensor *rows, const struct dm_gather *how, struct dm_error *err) {
  if (rows->ndim != 1 || !dm_dtype_is_integer(rows->dtype))
    return dm_error_set(err, DM_ERROR_USAGE,
                        "indices: %s of %d dimensions (integers of 1 dimension expected)",
                        dm_dtype_name(rows->dtype), rows->ndim);
  if (how->is_scaled && dm_dtype_is_integer(how->dtype))
    return dm_error_set(err, DM_ERROR_USAGE, "scaled values as %s (float32 or float64 expected)",
                        dm_dtype_name(how->dtype));
  return 0;
}

/* A tensor for the result, over the spare storage if it will do. */
static int open_result(struct dm_tensor *result, const struct dm_gather *how, int ndim, const size_t *shape,
                       struct dm_error *err) {
  size_t numel = 0;
  struct dm_storage *spare = how->spare;
  if (spare == NULL || !dm_storage_is_memory(spare) || spare->references != 1 ||
      !dm_shape_numel(&numel, how->dtype, ndim, shape) || numel * dm_dtype_size(how->dtype) > spare->size)
    return dm_tensor_alloc(result, how->dtype, ndim, shape, err);
  dm_tensor_init(result, spare, 0, how->dtype, ndim, shape);
  return 0;
}

int dm_tensor_gather(struct dm_tensor *result, const struct dm_tensor *tensor, const struct dm_tensor *rows,
                     const struct dm_gather *how, struct dm_error *err) {
  struct rows all;                /* not zeroed: it holds a buffer */
  struct dm_tensor row = *tensor; /* the shape of a row, with the strides within one: no reference is taken */
  size_t shape[DM_TENSOR_MAX_DIMS];
  if (check(rows, how, err) != 0)
    return -1;
  memcpy(shape, tensor->shape, sizeof shape);
  shape[0] = rows->shape[0];
  if (open_result(result, how, tensor->ndim, shape, err) != 0)
    return -1;
  row.shape[0] = 1;
  all.tensor = tensor;
  all.how = how;
  all.count = dm_tensor_numel(&row);
  all.size = all.count * dm_dtype_size(tensor->dtype);
  all.dense = (!tensor->swapped || dm_dtype_size(tensor->dtype) == 1) && dm_tensor_is_contiguous(&row);
  all.out = result->storage->bytes;
  all.at = 0;
  all.packed = 0;
  if (add_rows(&all, rows, err) == 0)
    return 0;
  dm_tensor_close(result);
  return -1;
}

int dm_tensor_put(const struct dm_tensor *result, size_t index, const struct dm_tensor *tensor,
                  struct dm_error *err) {
  char text[DM_SHAPE_TEXT_SIZE];
  char expected[DM_SHAPE_TEXT_SIZE];
  int ndim = result->ndim - 1;
  size_t size = dm_tensor_numel(tensor) * dm_dtype_size(tensor->dtype);
  if (tensor->dtype != result->dtype || tensor->ndim != ndim ||
      memcmp(tensor->shape, result->shape + 1, (size_t)ndim * sizeof *tensor->shape) != 0)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s %s (%s %s expected, as of the first)",
                        dm_dtype_name(tensor->dtype), dm_shape_text(text, tensor->ndim, tensor->shape, " × "),
                        dm_dtype_name(result->dtype),
                        dm_shape_text(expected, ndim, result->shape + 1, " × "));
  return dm_tensor_convert(tensor, tensor->dtype, result->storage->bytes + index * size, size, err);
}
