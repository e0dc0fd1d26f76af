#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "inflate_backend.h"

static void *zlib_open(void) {
  z_stream *stream = calloc(1, sizeof *stream);
  if (stream != NULL && inflateInit2(stream, -MAX_WBITS) != Z_OK) { /* negative: no header of its own */
    free(stream);
    return NULL;
  }
  return stream;
}

static void zlib_reset(void *state) {
  (void)inflateReset(state);
}

static uInt clamp(size_t size) {
  return size < UINT_MAX ? (uInt)size : UINT_MAX;
}

static enum dm_deflate_status zlib_decode(void *state, struct dm_inflate_io *io) {
  z_stream *stream = state;
  uInt in_size = clamp(io->in_size);
  uInt out_size = clamp(io->out_size);
  stream->next_in = (Bytef *)io->in; /* zlib only reads it */
  stream->avail_in = in_size;
  stream->next_out = io->out;
  stream->avail_out = out_size;
  int status = inflate(stream, Z_NO_FLUSH);
  io->in += in_size - stream->avail_in;
  io->in_size -= in_size - stream->avail_in;
  io->out += out_size - stream->avail_out;
  io->out_size -= out_size - stream->avail_out;
  if (status == Z_STREAM_END)
    return DM_DEFLATE_END;
  return status == Z_OK || status == Z_BUF_ERROR ? DM_DEFLATE_MORE : DM_DEFLATE_DAMAGED;
}

/* zlib gives back what it read ahead. */
// NOLINTNEXTLINE(readability-non-const-parameter): the signature is the interface's
static size_t zlib_take_ahead(void *state, unsigned char ahead[DM_DEFLATE_AHEAD]) {
  (void)state;
  (void)ahead;
  return 0;
}

static uint32_t zlib_crc(uint32_t crc, const unsigned char *bytes, size_t size) {
  return (uint32_t)crc32_z(crc, bytes, size);
}

static void zlib_close(void *state) {
  (void)inflateEnd(state);
  free(state);
}

const struct dm_inflate_backend dm_inflate_zlib = {
    .name = "zlib",
    .open = zlib_open,
    .reset = zlib_reset,
    .decode = zlib_decode,
    .take_ahead = zlib_take_ahead,
    .crc = zlib_crc,
    .close = zlib_close,
};
