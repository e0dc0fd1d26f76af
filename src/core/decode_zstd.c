#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "decode_streams.h"
#include "library.h"

struct zstd {
  __typeof__(&ZSTD_createDCtx) create;
  __typeof__(&ZSTD_freeDCtx) destroy;
  __typeof__(&ZSTD_DCtx_reset) reset;
  __typeof__(&ZSTD_DCtx_setParameter) set;
  __typeof__(&ZSTD_decompressStream) decompress;
  __typeof__(&ZSTD_isError) is_error;
  __typeof__(&ZSTD_getErrorCode) error_code;
  ZSTD_DCtx *context;
};

static const struct dm_library_symbol symbols[] = {
    {"ZSTD_createDCtx", offsetof(struct zstd, create)},
    {"ZSTD_freeDCtx", offsetof(struct zstd, destroy)},
    {"ZSTD_DCtx_reset", offsetof(struct zstd, reset)},
    {"ZSTD_DCtx_setParameter", offsetof(struct zstd, set)},
    {"ZSTD_decompressStream", offsetof(struct zstd, decompress)},
    {"ZSTD_isError", offsetof(struct zstd, is_error)},
    {"ZSTD_getErrorCode", offsetof(struct zstd, error_code)},
    {NULL, 0},
};

static const struct dm_library library = {{"libzstd.so.1", NULL}, symbols};

/* A frame, or a skippable one (0x184D2A50 to 5F). */
static bool zstd_begins(const unsigned char *head, size_t size) {
  static const unsigned char frame[] = {0x28, 0xb5, 0x2f, 0xfd};
  static const unsigned char skippable[] = {0x50, 0x2a, 0x4d, 0x18};
  if (memcmp(head, frame, size) == 0)
    return true;
  return (head[0] & 0xf0) == skippable[0] && memcmp(head + 1, skippable + 1, size > 1 ? size - 1 : 0) == 0;
}

/* The window is what takes memory; its limit is a power of two: the largest one that fits, with what the
 * library allows (1 KiB to 1 GiB). */
static int window_log(uint64_t memory) {
  int log = 10;
  while (log < 30 && memory >> (log + 1) > 0)
    log++;
  return log;
}

static int make_context(struct zstd *zstd, uint64_t memory, struct dm_error *err) {
  if (dm_library_load(&library, zstd, err) != 0)
    return -1;
  zstd->context = zstd->create();
  if (zstd->context == NULL)
    return dm_error_set(err, DM_ERROR, "zstd decoder: no memory");
  if (zstd->is_error(zstd->set(zstd->context, ZSTD_d_windowLogMax, window_log(memory))) == 0)
    return 0;
  (void)zstd->destroy(zstd->context);
  return dm_error_set(err, DM_ERROR, "zstd decoder: no limit of memory (a newer version expected)");
}

static int zstd_open(void **state, uint64_t memory, struct dm_error *err) {
  struct zstd *zstd = calloc(1, sizeof *zstd);
  if (zstd == NULL)
    return dm_error_set(err, DM_ERROR, "zstd decoder: no memory");
  if (make_context(zstd, memory, err) != 0) {
    free(zstd);
    return -1;
  }
  *state = zstd;
  return 0;
}

static enum dm_stream_status zstd_reset(void *state) {
  struct zstd *zstd = state;
  return zstd->is_error(zstd->reset(zstd->context, ZSTD_reset_session_only)) == 0 ? DM_STREAM_MORE
                                                                                  : DM_STREAM_FAILED;
}

static enum dm_stream_status zstd_decode(void *state, struct dm_inflate_io *io) {
  struct zstd *zstd = state;
  ZSTD_inBuffer in = {io->in, io->in_size, 0};
  ZSTD_outBuffer out = {io->out, io->out_size, 0};
  size_t status = zstd->decompress(zstd->context, &out, &in);
  io->in += in.pos;
  io->in_size -= in.pos;
  io->out += out.pos;
  io->out_size -= out.pos;
  if (status == 0)
    return DM_STREAM_END;
  if (zstd->is_error(status) == 0)
    return DM_STREAM_MORE;
  switch (zstd->error_code(status)) {
  case ZSTD_error_frameParameter_windowTooLarge:
    return DM_STREAM_LARGE;
  case ZSTD_error_memory_allocation:
    return DM_STREAM_FAILED;
  default:
    return DM_STREAM_DAMAGED;
  }
}

static void zstd_close(void *state) {
  struct zstd *zstd = state;
  (void)zstd->destroy(zstd->context);
  free(zstd);
}

const struct dm_stream_backend dm_stream_zstd = {
    .name = "zstd",
    .head_size = 4,
    .begins = zstd_begins,
    .open = zstd_open,
    .reset = zstd_reset,
    .decode = zstd_decode,
    .close = zstd_close,
};
