/* PNG by libpng (https://www.w3.org/TR/png-3/). libpng fails by longjmp: what must be freed afterwards stands
 * in a struct of the caller's, which the jump leaves alone. */
#include <png.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "image_formats.h"

enum {
  CHUNKS_MAXIMUM = 1000,   /* of text and the like that libpng keeps */
  CHUNK_MAXIMUM = 8 << 20, /* bytes of one of those, decompressed */
  DEFLATE_RATIO = 1032,    /* at most: 258 bytes for 2 bits (https://zlib.net/zlib_tech.html) */
  HEADROOM = 64 << 10,     /* bytes of memory taken for a PNG at first */
  MESSAGE_SIZE = 128,      /* bytes of libpng's word for a problem */
};

struct reader {
  const struct dm_image_source *source;
  struct dm_tensor *image;
  size_t next; /* byte of the source */
  png_structp png;
  png_infop info;
  png_bytep *rows;
  char problem[MESSAGE_SIZE];
};

static void copy_problem(char *problem, const char *message) {
  size_t length = strnlen(message, MESSAGE_SIZE - 1);
  memcpy(problem, message, length);
  problem[length] = '\0';
}

static PNG_NORETURN void on_read_error(png_structp png, png_const_charp message) {
  struct reader *reader = png_get_error_ptr(png);
  copy_problem(reader->problem, message);
  png_longjmp(png, 1);
}

/* Warnings are of what is not the image itself. */
static void on_warning(png_structp png, png_const_charp message) {
  (void)png;
  (void)message;
}

static void on_read(png_structp png, png_bytep out, size_t size) {
  struct reader *reader = png_get_io_ptr(png);
  if (size > reader->source->size - reader->next)
    png_error(png, "the file ends too early");
  memcpy(out, reader->source->bytes + reader->next, size);
  reader->next += size;
}

/* A header of a few bytes may promise what the rest of the file cannot hold, however well packed. */
static bool is_possible(const struct reader *reader, size_t width, size_t height) {
  size_t bits =
      (size_t)png_get_bit_depth(reader->png, reader->info) * png_get_channels(reader->png, reader->info);
  return width * height / 8 * bits / DEFLATE_RATIO <= reader->source->size;
}

static int check_header(const struct reader *reader) {
  size_t width = png_get_image_width(reader->png, reader->info);
  size_t height = png_get_image_height(reader->png, reader->info);
  if (dm_image_check_size(reader->source, width, height) != 0)
    return -1;
  if (!is_possible(reader, width, height))
    return dm_error_set(reader->source->err, DM_ERROR_FORMAT,
                        "%s: PNG of %zu × %zu pixels in %zu bytes (more bytes expected: cut short?)",
                        reader->source->subject, width, height, reader->source->size);
  return 0;
}

/* All to 8 or 16 bits a sample, palettes to colours. */
static void set_transforms(const struct reader *reader) {
  if (png_get_bit_depth(reader->png, reader->info) == 16 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
    png_set_swap(reader->png);
  png_set_expand(reader->png);
  (void)png_set_interlace_handling(reader->png);
  png_read_update_info(reader->png, reader->info);
}

/* Memory for the image. Samples of 16 bits go to the upper half of it at first. */
static int make_image(struct reader *reader) {
  size_t height = png_get_image_height(reader->png, reader->info);
  size_t channels = png_get_channels(reader->png, reader->info);
  size_t shape[3] = {height, png_get_image_width(reader->png, reader->info), channels};
  bool deep = png_get_bit_depth(reader->png, reader->info) == 16;
  if (dm_tensor_alloc(reader->image, deep ? DM_UINT16 : DM_UINT8, channels == 1 ? 2 : 3, shape,
                      reader->source->err) != 0)
    return -1;
  reader->rows = malloc(height * sizeof *reader->rows);
  if (reader->rows == NULL)
    return dm_error_set(reader->source->err, DM_ERROR, "%s: not enough memory", reader->source->subject);
  struct dm_storage *storage = reader->image->storage;
  size_t stride = png_get_rowbytes(reader->png, reader->info);
  for (size_t i = 0; i < height; i++)
    reader->rows[i] = storage->bytes + i * stride;
  return 0;
}

static int read_image(struct reader *reader) {
  png_set_read_fn(reader->png, reader, on_read);
  png_set_user_limits(reader->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); /* ours have clearer messages */
  png_set_chunk_cache_max(reader->png, CHUNKS_MAXIMUM);
  png_set_chunk_malloc_max(reader->png, CHUNK_MAXIMUM);
  png_read_info(reader->png, reader->info);
  if (check_header(reader) != 0)
    return -1;
  set_transforms(reader);
  if (make_image(reader) != 0)
    return -1;
  png_read_image(reader->png, reader->rows);
  png_read_end(reader->png, NULL);
  return 0;
}

/* libpng jumps back here, and to nowhere else, so that no other function is cut off. */
static int guard_read(struct reader *reader) {
  if (setjmp(png_jmpbuf(reader->png)) != 0)
    return dm_error_set(reader->source->err, DM_ERROR_FORMAT, "%s: damaged PNG: %s (whole image expected)",
                        reader->source->subject, reader->problem);
  return read_image(reader);
}

int dm_png_decode(struct dm_tensor *image, const struct dm_image_source *source) {
  struct reader reader = {.source = source, .image = image};
  int status = -1;
  image->storage = NULL;
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, on_read_error, on_warning);
  if (reader.png != NULL)
    reader.info = png_create_info_struct(reader.png);
  if (reader.info != NULL)
    status = guard_read(&reader);
  else
    (void)dm_error_set(source->err, DM_ERROR, "%s: not enough memory", source->subject);
  png_destroy_read_struct(&reader.png, &reader.info, NULL);
  free(reader.rows);
  if (status != 0)
    dm_tensor_close(image);
  return status;
}

struct writer {
  unsigned char *bytes; /* malloc'ed */
  size_t size;
  size_t capacity;
  const unsigned char *pixels;
  size_t stride;
  const struct dm_tensor *image;
  png_structp png;
  png_infop info;
  char problem[MESSAGE_SIZE];
};

static PNG_NORETURN void on_write_error(png_structp png, png_const_charp message) {
  struct writer *writer = png_get_error_ptr(png);
  copy_problem(writer->problem, message);
  png_longjmp(png, 1);
}

static void on_write(png_structp png, png_bytep bytes, size_t size) {
  struct writer *writer = png_get_io_ptr(png);
  if (size > writer->capacity - writer->size) {
    size_t capacity = 2 * writer->capacity + size + HEADROOM; /* far from overflow: an image fits in memory */
    unsigned char *larger = realloc(writer->bytes, capacity);
    if (larger == NULL)
      png_error(png, "not enough memory");
    writer->bytes = larger;
    writer->capacity = capacity;
  }
  memcpy(writer->bytes + writer->size, bytes, size);
  writer->size += size;
}

static void on_flush(png_structp png) {
  (void)png;
}

static int guard_write(struct writer *writer, struct dm_error *err) {
  static const int types[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                              PNG_COLOR_TYPE_RGB_ALPHA};
  const size_t *shape = writer->image->shape;
  size_t channels = writer->image->ndim == 3 ? shape[2] : 1;
  if (setjmp(png_jmpbuf(writer->png)) != 0)
    return dm_error_set(err, DM_ERROR, "PNG: %s", writer->problem);
  png_set_write_fn(writer->png, writer, on_write, on_flush);
  png_set_IHDR(writer->png, writer->info, (png_uint_32)shape[1], (png_uint_32)shape[0], 8,
               types[channels - 1], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_write_info(writer->png, writer->info);
  for (size_t i = 0; i < writer->image->shape[0]; i++)
    png_write_row(writer->png, writer->pixels + i * writer->stride);
  png_write_end(writer->png, writer->info);
  return 0;
}

static int check_image(const struct dm_tensor *image, struct dm_error *err) {
  char text[DM_SHAPE_TEXT_SIZE];
  bool fits = image->dtype == DM_UINT8 && (image->ndim == 2 || image->ndim == 3);
  for (int k = 0; fits && k < image->ndim; k++)
    fits = image->shape[k] >= 1 && image->shape[k] <= (k < 2 ? DM_IMAGE_SIDE_MAXIMUM : 4);
  if (!fits)
    return dm_error_set(
        err, DM_ERROR_USAGE,
        "tensor of %s %s (uint8 h × w or h × w × c, c from 1 to 4, sides of 1 to %d expected)",
        dm_dtype_name(image->dtype), dm_shape_text(text, image->ndim, image->shape, " × "),
        DM_IMAGE_SIDE_MAXIMUM);
  return 0;
}

int dm_png_encode(unsigned char **bytes, size_t *size, const struct dm_tensor *image, struct dm_error *err) {
  struct dm_tensor dense;
  if (check_image(image, err) != 0 || dm_tensor_copy(&dense, image, DM_UINT8, err) != 0)
    return -1;
  struct writer writer = {.image = &dense, .pixels = dense.data};
  writer.stride = dense.shape[1] * (dense.ndim == 3 ? dense.shape[2] : 1);
  int status = -1;
  writer.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &writer, on_write_error, on_warning);
  if (writer.png != NULL)
    writer.info = png_create_info_struct(writer.png);
  if (writer.info != NULL)
    status = guard_write(&writer, err);
  else
    (void)dm_error_set(err, DM_ERROR, "PNG: not enough memory");
  png_destroy_write_struct(&writer.png, &writer.info);
  dm_tensor_close(&dense);
  if (status != 0)
    free(writer.bytes);
  *bytes = status == 0 ? writer.bytes : NULL;
  *size = writer.size;
  return status;
}
