#include <lzma.h>
#include <stdlib.h>
#include <string.h>

#include "decode_streams.h"
#include "library.h"

struct xz {
  __typeof__(&lzma_stream_decoder) decoder;
  __typeof__(&lzma_code) code;
  __typeof__(&lzma_end) end;
  lzma_stream stream;
  uint64_t memory;
};

static const struct dm_library_symbol symbols[] = {
    {"lzma_stream_decoder", offsetof(struct xz, decoder)},
    {"lzma_code", offsetof(struct xz, code)},
    {"lzma_end", offsetof(struct xz, end)},
    {NULL, 0},
};

static const struct dm_library library = {{"liblzma.so.5", NULL}, symbols};

static bool xz_begins(const unsigned char *head, size_t size) {
  static const unsigned char magic[] = {0xfd, '7', 'z', 'X', 'Z', 0};
  return memcmp(head, magic, size) == 0;
}

static int xz_open(void **state, uint64_t memory, struct dm_error *err) {
  static const lzma_stream empty = LZMA_STREAM_INIT;
  struct xz *xz = calloc(1, sizeof *xz);
  if (xz == NULL)
    return dm_error_set(err, DM_ERROR, "xz decoder: no memory");
  if (dm_library_load(&library, xz, err) != 0) {
    free(xz);
    return -1;
  }
  xz->stream = empty;
  xz->memory = memory;
  *state = xz;
  return 0;
}

/* What cannot be checked is not taken for good. */
static enum dm_stream_status xz_reset(void *state) {
  struct xz *xz = state;
  lzma_ret status = xz->decoder(&xz->stream, xz->memory, LZMA_TELL_UNSUPPORTED_CHECK);
  return status == LZMA_OK ? DM_STREAM_MORE : DM_STREAM_FAILED;
}

static enum dm_stream_status xz_decode(void *state, struct dm_inflate_io *io) {
  struct xz *xz = state;
  xz->stream.next_in = io->in;
  xz->stream.avail_in = io->in_size;
  xz->stream.next_out = io->out;
  xz->stream.avail_out = io->out_size;
  lzma_ret status = xz->code(&xz->stream, LZMA_RUN);
  io->in = xz->stream.next_in;
  io->in_size = xz->stream.avail_in;
  io->out = xz->stream.next_out;
  io->out_size = xz->stream.avail_out;
  switch (status) {
  case LZMA_OK:
  case LZMA_BUF_ERROR: /* nothing moved; not fatal */
    return DM_STREAM_MORE;
  case LZMA_STREAM_END:
    return DM_STREAM_END;
  case LZMA_MEMLIMIT_ERROR:
    return DM_STREAM_LARGE;
  case LZMA_MEM_ERROR:
    return DM_STREAM_FAILED;
  default:
    return DM_STREAM_DAMAGED;
  }
}

static void xz_close(void *state) {
  struct xz *xz = state;
  xz->end(&xz->stream);
  free(xz);
}

const struct dm_stream_backend dm_stream_xz = {
    .name = "xz",
    .head_size = 6,
    .begins = xz_begins,
    .open = xz_open,
    .reset = xz_reset,
    .decode = xz_decode,
    .close = xz_close,
};
