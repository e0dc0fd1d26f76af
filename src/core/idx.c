#include "datamaestro/idx.h"

/* Bytes. */
enum { MAGIC_SIZE = 4, SIZE_SIZE = 4, SMALLEST_HEADER = MAGIC_SIZE + SIZE_SIZE };

struct header {
  enum dm_dtype dtype;
  int ndim;
  size_t shape[DM_TENSOR_MAX_DIMS];
  size_t size; /* bytes of the header, so the offset of the data */
};

static size_t read_size(const unsigned char *bytes) {
  return (size_t)bytes[0] << 24 | (size_t)bytes[1] << 16 | (size_t)bytes[2] << 8 | (size_t)bytes[3];
}

static int parse_dtype(enum dm_dtype *dtype, unsigned char code, const char *subject, struct dm_error *err) {
  switch (code) {
  case 0x08:
    *dtype = DM_UINT8;
    return 0;
  case 0x09:
    *dtype = DM_INT8;
    return 0;
  case 0x0B:
    *dtype = DM_INT16;
    return 0;
  case 0x0C:
    *dtype = DM_INT32;
    return 0;
  case 0x0D:
    *dtype = DM_FLOAT32;
    return 0;
  case 0x0E:
    *dtype = DM_FLOAT64;
    return 0;
  default:
    return dm_error_set(err, DM_ERROR_FORMAT,
                        "%s: type 0x%02X (0x08, 0x09, 0x0B, 0x0C, 0x0D or 0x0E expected in an IDX file)",
                        subject, (unsigned)code);
  }
}

static int check_magic(const struct dm_storage *storage, const char *subject, struct dm_error *err) {
  const unsigned char *bytes = storage->bytes;
  if (storage->size >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: gzip data (IDX file expected: decompress it first)",
                        subject);
  if (storage->size < SMALLEST_HEADER)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: %zu bytes (an IDX header of %d or more expected)", subject,
                        storage->size, SMALLEST_HEADER);
  if (bytes[0] != 0 || bytes[1] != 0)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: begins with %02x %02x (00 00 expected in an IDX file)",
                        subject, (unsigned)bytes[0], (unsigned)bytes[1]);
  return 0;
}

static int parse_header(struct header *header, const struct dm_storage *storage, const char *subject,
                        struct dm_error *err) {
  if (check_magic(storage, subject, err) != 0 ||
      parse_dtype(&header->dtype, storage->bytes[2], subject, err) != 0)
    return -1;
  header->ndim = storage->bytes[3];
  if (header->ndim < 1 || header->ndim > DM_TENSOR_MAX_DIMS)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: %d dimensions (1 to %d expected)", subject, header->ndim,
                        DM_TENSOR_MAX_DIMS);
  header->size = MAGIC_SIZE + SIZE_SIZE * (size_t)header->ndim;
  if (storage->size < header->size)
    return dm_error_set(err, DM_ERROR_FORMAT,
                        "%s: %zu bytes (an IDX header of %zu expected for %d dimensions)", subject,
                        storage->size, header->size, header->ndim);
  for (int k = 0; k < header->ndim; k++)
    header->shape[k] = read_size(storage->bytes + MAGIC_SIZE + SIZE_SIZE * (size_t)k);
  return 0;
}

/* The file must hold the header, the elements that it announces, and nothing more. */
static int check_size(const struct header *header, size_t size, const char *subject, struct dm_error *err) {
  char text[DM_SHAPE_TEXT_SIZE];
  size_t numel = 0;
  size_t whole = 0;
  const char *name = dm_dtype_name(header->dtype);
  (void)dm_shape_text(text, header->ndim, header->shape, " × ");
  if (!dm_shape_numel(&numel, header->dtype, header->ndim, header->shape) ||
      __builtin_add_overflow(header->size, numel * dm_dtype_size(header->dtype), &whole))
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: %zu bytes (more than any file holds expected for %s %s)",
                        subject, size, name, text);
  if (size != whole)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: %zu bytes (%zu expected for %s %s)", subject, size, whole,
                        name, text);
  return 0;
}

int dm_idx_view(struct dm_tensor *tensor, struct dm_storage *storage, const char *subject,
                struct dm_error *err) {
  struct header header = {.ndim = 0};
  if (parse_header(&header, storage, subject, err) != 0 ||
      check_size(&header, storage->size, subject, err) != 0)
    return -1;
  dm_tensor_init(tensor, storage, header.size, header.dtype, header.ndim, header.shape);
  tensor->swapped = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
  return 0;
}

int dm_idx_open(struct dm_tensor *tensor, const char *path, struct dm_error *err) {
  struct dm_storage *storage = dm_storage_map(path, err);
  if (storage == NULL)
    return -1;
  int status = dm_idx_view(tensor, storage, path, err);
  dm_storage_release(storage);
  return status;
}
