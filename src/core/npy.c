#include "datamaestro/npy.h"

#include <string.h>

#include "datamaestro/file.h"
#include "npy_header.h"
#include "tensor_blocks.h"

/* What comes before the dictionary: bytes. */
enum { MAGIC_SIZE = 6, VERSION_SIZE = 2, SHORT_PREFIX = 10, LONG_PREFIX = 12 };

/* The bytes under way, and what errors call them. */
struct source {
  const unsigned char *bytes;
  size_t size;
  const char *subject;
};

/* Finds the dictionary: the bytes before it, and its size. */
static int find_dictionary(const struct source *source, size_t *prefix, size_t *size, struct dm_error *err) {
  const unsigned char *bytes = source->bytes;
  const char *subject = source->subject;
  if (source->size < SHORT_PREFIX)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: %zu bytes (an NPY file of %d or more expected)", subject,
                        source->size, SHORT_PREFIX);
  if (memcmp(bytes, "\x93NUMPY", MAGIC_SIZE) != 0)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: no NPY file (\\x93NUMPY expected at its beginning)",
                        subject);
  int version = bytes[MAGIC_SIZE];
  if (version < 1 || version > 3 || bytes[MAGIC_SIZE + 1] != 0)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: NPY version %d.%d (1.0, 2.0 or 3.0 expected)", subject,
                        version, bytes[MAGIC_SIZE + 1]);
  *prefix = version == 1 ? SHORT_PREFIX : LONG_PREFIX;
  *size = (size_t)bytes[8] | (size_t)bytes[9] << 8;
  if (version > 1 && source->size >= LONG_PREFIX)
    *size |= (size_t)bytes[10] << 16 | (size_t)bytes[11] << 24;
  if (source->size < *prefix || source->size - *prefix < *size)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: %zu bytes (a header of %zu expected)", subject,
                        source->size, *prefix + *size);
  return 0;
}

/* The bytes must be the header, the elements that it announces, and nothing more. */
static int check_size(const struct npy_header *header, size_t start, const struct source *source,
                      struct dm_error *err) {
  char text[DM_SHAPE_TEXT_SIZE];
  size_t numel = 0;
  size_t whole = 0;
  const char *name = dm_dtype_name(header->dtype);
  (void)dm_shape_text(text, header->ndim, header->shape, " × ");
  if (!dm_shape_numel(&numel, header->dtype, header->ndim, header->shape) ||
      __builtin_add_overflow(start, numel * dm_dtype_size(header->dtype), &whole))
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: %zu bytes (more than any file holds expected for %s %s)",
                        source->subject, source->size, name, text);
  if (source->size != whole)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: %zu bytes (%zu expected for %s %s)", source->subject,
                        source->size, whole, name, text);
  return 0;
}

/* The first index changes fastest; as in a row-major tensor a zero-size dimension counts as 1. */
static void set_fortran_strides(struct dm_tensor *tensor) {
  size_t stride = 1;
  for (int k = 0; k < tensor->ndim; k++) {
    tensor->strides[k] = stride;
    stride *= tensor->shape[k] > 0 ? tensor->shape[k] : 1;
  }
}

int dm_npy_view(struct dm_tensor *tensor, struct dm_storage *storage, size_t offset, size_t size,
                const char *subject, struct dm_error *err) {
  struct npy_header header;
  struct source source = {
      .bytes = size > 0 ? storage->bytes + offset : NULL, .size = size, .subject = subject};
  size_t prefix = 0;
  size_t length = 0;
  if (find_dictionary(&source, &prefix, &length, err) != 0 ||
      npy_header_parse(&header, (const char *)source.bytes + prefix, length, subject, err) != 0 ||
      check_size(&header, prefix + length, &source, err) != 0)
    return -1;
  dm_tensor_init(tensor, storage, offset + prefix + length, header.dtype, header.ndim, header.shape);
  tensor->swapped = header.swapped;
  if (header.fortran_order)
    set_fortran_strides(tensor);
  return 0;
}

int dm_npy_open(struct dm_tensor *tensor, const char *path, struct dm_error *err) {
  struct dm_storage *storage = dm_storage_map(path, err);
  if (storage == NULL)
    return -1;
  int status = dm_npy_view(tensor, storage, 0, storage->size, path, err);
  dm_storage_release(storage);
  return status;
}

int dm_npy_write(const struct dm_tensor *tensor, dm_npy_sink *sink, void *context, struct dm_error *err) {
  enum { PIECE = 1 << 20 }; /* elements: with a look at the sink now and then */
  struct dm_blocks blocks;
  char header[DM_NPY_HEADER_SIZE];
  const unsigned char *in = NULL;
  size_t count = 0;
  int status = sink(context, header, dm_npy_header(header, tensor), err);
  dm_blocks_start(&blocks, tensor);
  while (status == 0 && (in = dm_blocks_next(&blocks, PIECE, &count)) != NULL)
    status = sink(context, in, count * dm_dtype_size(tensor->dtype), err);
  return status;
}

struct destination {
  int fd;
  const char *path;
};

static int write_piece(void *context, const void *bytes, size_t size, struct dm_error *err) {
  const struct destination *destination = context;
  return dm_file_write(destination->fd, bytes, size, destination->path, err);
}

int dm_npy_save(const struct dm_tensor *tensor, const char *path, struct dm_error *err) {
  struct dm_replacement replacement;
  if (dm_replacement_open(&replacement, path, err) != 0)
    return -1;
  struct destination destination = {.fd = replacement.fd, .path = path};
  if (dm_npy_write(tensor, write_piece, &destination, err) == 0)
    return dm_replacement_publish(&replacement, path, err);
  dm_replacement_cancel(&replacement);
  return -1;
}
