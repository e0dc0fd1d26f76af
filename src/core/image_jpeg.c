/* JPEG by libjpeg-turbo (ITU-T T.81). The library fails by longjmp: what must be freed afterwards stands in
 * structs of the caller's, which the jump leaves alone. */
#include <setjmp.h>
#include <stdio.h> /* jpeglib.h needs it before */
#include <stdlib.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

#include "image_formats.h"

struct reader {
  struct jpeg_decompress_struct jpeg;
  struct jpeg_error_mgr errors;
  struct jpeg_progress_mgr progress;
  jmp_buf failed;
  const struct dm_image_source *source;
  struct dm_tensor *image;
  unsigned char *line; /* of four inks, else NULL */
};

static _Noreturn void fail(j_common_ptr jpeg) {
  struct reader *reader = jpeg->client_data;
  char text[JMSG_LENGTH_MAX];
  jpeg->err->format_message(jpeg, text);
  (void)dm_error_set(reader->source->err, DM_ERROR_FORMAT, "%s: damaged JPEG: %s (whole image expected)",
                     reader->source->subject, text);
  longjmp(reader->failed, 1);
}

/* The library warns, and goes on with grey, where the image itself is damaged or cut. Harmless and found in
 * many a collection: odd version numbers, bytes between two parts. */
static void on_message(j_common_ptr jpeg, int level) {
  switch (jpeg->err->msg_code) {
  case JWRN_ADOBE_XFORM:
  case JWRN_JFIF_MAJOR:
  case JWRN_EXTRANEOUS_DATA:
    return;
  default:
    if (level < 0)
      fail(jpeg);
  }
}

/* A small file may have thousands of scans, each of which goes over the whole image. */
static void on_progress(j_common_ptr jpeg) {
  struct reader *reader = jpeg->client_data;
  if (reader->jpeg.input_scan_number <= DM_JPEG_SCANS_MAXIMUM)
    return;
  (void)dm_error_set(reader->source->err, DM_ERROR_FORMAT, "%s: JPEG of over %d scans (fewer expected)",
                     reader->source->subject, DM_JPEG_SCANS_MAXIMUM);
  longjmp(reader->failed, 1);
}

static int make_image(struct reader *reader) {
  const struct jpeg_decompress_struct *jpeg = &reader->jpeg;
  size_t shape[3] = {jpeg->output_height, jpeg->output_width, 3};
  bool grey = jpeg->out_color_space == JCS_GRAYSCALE;
  if (dm_tensor_alloc(reader->image, DM_UINT8, grey ? 2 : 3, shape, reader->source->err) != 0)
    return -1;
  if (jpeg->out_color_space != JCS_CMYK)
    return 0;
  reader->line = malloc(4 * shape[1]);
  return reader->line != NULL
             ? 0
             : dm_error_set(reader->source->err, DM_ERROR, "%s: not enough memory", reader->source->subject);
}

/* Inks to light, without a profile. Adobe's programs, the ones that write such files, store 255 less the ink.
 */
static void mix_inks(unsigned char *out, const unsigned char *line, size_t width, bool adobe) {
  unsigned flip = adobe ? 0 : 255;
  for (size_t x = 0; x < width; x++)
    for (size_t c = 0; c < 3; c++)
      out[3 * x + c] = (unsigned char)((line[4 * x + c] ^ flip) * (line[4 * x + 3] ^ flip) / 255);
}

static void read_rows(struct reader *reader) {
  struct jpeg_decompress_struct *jpeg = &reader->jpeg;
  size_t stride = (size_t)jpeg->output_width * (jpeg->out_color_space == JCS_GRAYSCALE ? 1 : 3);
  while (jpeg->output_scanline < jpeg->output_height) {
    unsigned char *out = reader->image->storage->bytes + jpeg->output_scanline * stride;
    JSAMPROW row = reader->line != NULL ? reader->line : out;
    (void)jpeg_read_scanlines(jpeg, &row, 1);
    if (reader->line != NULL)
      mix_inks(out, reader->line, jpeg->output_width, jpeg->saw_Adobe_marker != 0);
  }
}

static int read_image(struct reader *reader) {
  struct jpeg_decompress_struct *jpeg = &reader->jpeg;
  jpeg_create_decompress(jpeg);
  jpeg->progress = &reader->progress;
  jpeg_mem_src(jpeg, reader->source->bytes, reader->source->size);
  (void)jpeg_read_header(jpeg, TRUE);
  if (dm_image_check_size(reader->source, jpeg->image_width, jpeg->image_height) != 0)
    return -1;
  if (jpeg->jpeg_color_space == JCS_YCCK)
    jpeg->out_color_space = JCS_CMYK;
  else if (jpeg->jpeg_color_space == JCS_UNKNOWN)
    return dm_error_set(reader->source->err, DM_ERROR_FORMAT, "%s: JPEG of %d channels (1, 3 or 4 expected)",
                        reader->source->subject, jpeg->num_components);
  (void)jpeg_start_decompress(jpeg);
  if (make_image(reader) != 0)
    return -1;
  read_rows(reader);
  (void)jpeg_finish_decompress(jpeg);
  return 0;
}

/* The library jumps back here, and to nowhere else, so that no other function is cut off. */
static int guard_read(struct reader *reader) {
  if (setjmp(reader->failed) != 0)
    return -1;
  return read_image(reader);
}

int dm_jpeg_decode(struct dm_tensor *image, const struct dm_image_source *source) {
  struct reader reader = {.source = source, .image = image};
  image->storage = NULL;
  reader.jpeg.err = jpeg_std_error(&reader.errors);
  reader.errors.error_exit = fail;
  reader.errors.emit_message = on_message;
  reader.progress.progress_monitor = on_progress;
  reader.jpeg.client_data = &reader;
  int status = guard_read(&reader);
  jpeg_destroy_decompress(&reader.jpeg);
  free(reader.line);
  if (status != 0)
    dm_tensor_close(image);
  return status;
}
