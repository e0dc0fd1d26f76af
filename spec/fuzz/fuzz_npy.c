/* Fuzz target: any bytes as an NPY or NPZ file, then what is done with tensors: written again and read back,
 * combined, reduced, counted, gathered.
 *
 * The first byte chooses: 0 an NPY file, 1 a header's text (its size first) and elements, made into one, 2 an
 * NPZ file.
 *
 * Seeds: spec/fuzz/seeds/npy/[a-z]*
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "datamaestro/npy.h"
#include "datamaestro/npz.h"
#include "datamaestro/tensor_gather.h"
#include "datamaestro/tensor_math.h"

enum { NUMEL_MAXIMUM = 1 << 14, PREFIX = 10 };

int LLVMFuzzerTestOneInput(const unsigned char *input, size_t size);

static void require(bool truth) {
  if (!truth)
    abort();
}

/* Collects what is written. */
struct memory {
  unsigned char *bytes;
  size_t size;
};

static int collect(void *context, const void *bytes, size_t size, struct dm_error *err) {
  struct memory *memory = context;
  (void)err;
  memory->bytes = realloc(memory->bytes, memory->size + size + 1);
  require(memory->bytes != NULL);
  memcpy(memory->bytes + memory->size, bytes, size);
  memory->size += size;
  return 0;
}

/* A storage of exactly these bytes, so that any byte read past them is found. */
static struct dm_storage *store(const unsigned char *bytes, size_t size) {
  struct dm_error err;
  struct dm_storage *storage = dm_storage_alloc(size, &err);
  require(storage != NULL);
  if (size > 0)
    memcpy(storage->bytes, bytes, size);
  return storage;
}

static bool has_nan(const struct dm_tensor *tensor) {
  return !dm_tensor_equal(tensor, tensor);
}

static void write_again(const struct dm_tensor *tensor) {
  struct dm_error err;
  struct dm_tensor copy;
  struct memory memory = {.size = 0};
  require(dm_npy_write(tensor, collect, &memory, &err) == 0);
  struct dm_storage *storage = store(memory.bytes, memory.size);
  free(memory.bytes);
  require(dm_npy_view(&copy, storage, 0, storage->size, "again", &err) == 0);
  dm_storage_release(storage);
  require(has_nan(tensor) || dm_tensor_equal(&copy, tensor));
  dm_tensor_close(&copy);
}

static void reduce(const struct dm_tensor *tensor) {
  struct dm_error err;
  struct dm_tensor sums;
  struct dm_scalar all;
  struct dm_scalar again;
  for (int dim = 0; dim < tensor->ndim; dim++)
    for (int reduction = DM_SUM; reduction <= DM_ARGMAX; reduction++) {
      if (dm_tensor_reduce(&sums, tensor, dim, (enum dm_reduction)reduction, &err) != 0)
        continue;
      if (reduction == DM_SUM && dm_dtype_is_integer(tensor->dtype) && dm_tensor_sum(tensor, &all, &err) == 0)
        require(dm_tensor_sum(&sums, &again, &err) == 0 && again.integer == all.integer);
      dm_tensor_close(&sums);
    }
  size_t index[DM_TENSOR_MAX_DIMS];
  if (dm_tensor_find(index, tensor, DM_ARGMAX, &err) == 0 && dm_dtype_is_integer(tensor->dtype)) {
    require(dm_tensor_range(tensor, &again, &all, &err) == 0);
    require(dm_tensor_get(tensor, index).integer == all.integer);
  }
}

static void combine(const struct dm_tensor *tensor, unsigned choice) {
  struct dm_error err;
  struct dm_tensor result;
  struct dm_operand a = {.tensor = tensor};
  struct dm_operand b = {
      .number = {.is_integer = choice % 2 == 0, .integer = (int64_t)choice - 100, .real = 0.5}};
  for (int operation = 0; operation < DM_OPERATIONS; operation++) {
    if (dm_tensor_apply(&result, (enum dm_operation)operation, &a, &b, &err) == 0)
      dm_tensor_close(&result);
    if (dm_tensor_apply(&result, (enum dm_operation)operation, &a, &a, &err) != 0)
      continue;
    if (operation == DM_EQ && !has_nan(tensor) && dm_tensor_numel(tensor) > 0) {
      struct dm_scalar least;
      struct dm_scalar greatest;
      require(dm_tensor_range(&result, &least, &greatest, &err) == 0 && least.integer == 1);
    }
    dm_tensor_close(&result);
  }
}

static void count(const struct dm_tensor *tensor, unsigned choice) {
  struct dm_error err;
  struct dm_tensor counts;
  struct dm_tensor edges;
  struct dm_scalar sum;
  if (dm_tensor_histogram(&counts, &edges, tensor, 1 + choice, NULL, &err) == 0) {
    require(dm_tensor_sum(&counts, &sum, &err) == 0 && (size_t)sum.integer == dm_tensor_numel(tensor));
    dm_tensor_close(&counts);
    dm_tensor_close(&edges);
  }
  if (dm_tensor_bincount(&counts, tensor, 256, &err) == 0) {
    require(dm_tensor_sum(&counts, &sum, &err) == 0 && (size_t)sum.integer == dm_tensor_numel(tensor));
    dm_tensor_close(&counts);
  }
}

static void gather(const struct dm_tensor *tensor, unsigned choice) {
  struct dm_error err;
  struct dm_tensor rows;
  struct dm_tensor result;
  const size_t size = 5;
  if (tensor->ndim == 0 || dm_tensor_alloc(&rows, DM_INT64, 1, &size, &err) != 0)
    return;
  for (size_t i = 0; i < size; i++) {
    int64_t index = (int64_t)((choice + 7 * i) % (tensor->shape[0] + (choice % 8 == 0)));
    memcpy(rows.storage->bytes + i * sizeof index, &index, sizeof index);
  }
  struct dm_gather how = {.dtype = choice % 3 == 0 ? tensor->dtype : DM_FLOAT32,
                          .is_scaled = choice % 3 == 1,
                          .scale = 0.5,
                          .offset = 1};
  if (dm_tensor_gather(&result, tensor, &rows, &how, &err) == 0)
    dm_tensor_close(&result);
  dm_tensor_close(&rows);
}

static void use(const struct dm_tensor *tensor, unsigned choice) {
  static char text[1 << 16];
  require(dm_tensor_format(tensor, text, sizeof text) < sizeof text);
  if (dm_tensor_numel(tensor) > NUMEL_MAXIMUM)
    return;
  write_again(tensor);
  reduce(tensor);
  combine(tensor, choice);
  count(tensor, choice);
  if (tensor->ndim == 0 || tensor->shape[0] > 0)
    gather(tensor, choice);
}

static void read_npy(const unsigned char *bytes, size_t size) {
  struct dm_error err;
  struct dm_tensor tensor;
  struct dm_storage *storage = store(bytes, size);
  if (dm_npy_view(&tensor, storage, 0, size, "input", &err) == 0) {
    use(&tensor, bytes[size - 1]);
    dm_tensor_close(&tensor);
  } else
    require(err.code == DM_ERROR_FORMAT && strncmp(err.message, "input: ", 7) == 0);
  dm_storage_release(storage);
}

/* The size of the text, the text, then elements. */
static void read_header(const unsigned char *input, size_t size) {
  if (size == 0)
    return;
  size_t length = input[0] < size - 1 ? input[0] : size - 1;
  unsigned char *bytes = malloc(PREFIX + size);
  require(bytes != NULL);
  memcpy(bytes, "\x93NUMPY\x01\x00", PREFIX - 2);
  bytes[PREFIX - 2] = (unsigned char)length;
  bytes[PREFIX - 1] = 0;
  memcpy(bytes + PREFIX, input + 1, size - 1);
  read_npy(bytes, PREFIX + size - 1);
  free(bytes);
}

static void read_npz(const unsigned char *input, size_t size) {
  struct dm_error err;
  struct dm_npz npz;
  struct dm_tensor tensor;
  char path[64];
  int fd = memfd_create("archive", MFD_CLOEXEC);
  require(fd >= 0 && write(fd, input, size) == (ssize_t)size);
  (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
  if (dm_npz_open(&npz, path, &err) == 0) {
    for (size_t i = 0; i < npz.count; i++) {
      size_t found = 0;
      require(dm_npz_find(&npz, npz.members[i].name, npz.members[i].name_size, &found, &err) == 0 &&
              found == i);
      if (dm_npz_read(&npz, i, &tensor, &err) == 0) {
        use(&tensor, (unsigned)size & 0xff);
        dm_tensor_close(&tensor);
      } else
        require(strncmp(err.message, path, strlen(path)) == 0);
    }
    dm_npz_close(&npz);
  } else
    require(err.code == DM_ERROR_FORMAT);
  (void)close(fd);
}

int LLVMFuzzerTestOneInput(const unsigned char *input, size_t size) {
  if (size == 0)
    return 0;
  if (input[0] % 3 == 0)
    read_npy(input + 1, size - 1);
  else if (input[0] % 3 == 1)
    read_header(input + 1, size - 1);
  else
    read_npz(input + 1, size - 1);
  return 0;
}
