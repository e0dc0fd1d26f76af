#include <lz4frame.h>
#include <stdlib.h>
#include <string.h>

#include "decode_streams.h"
#include "library.h"

/* Two blocks of 4 MiB and a window of 64 KiB are the most that a frame can ask for. */
struct lz4 {
  __typeof__(&LZ4F_createDecompressionContext) create;
  __typeof__(&LZ4F_freeDecompressionContext) destroy;
  __typeof__(&LZ4F_resetDecompressionContext) reset;
  __typeof__(&LZ4F_decompress) decompress;
  __typeof__(&LZ4F_isError) is_error;
  __typeof__(&LZ4F_getErrorName) error_name;
  LZ4F_dctx *context;
};

static const struct dm_library_symbol symbols[] = {
    {"LZ4F_createDecompressionContext", offsetof(struct lz4, create)},
    {"LZ4F_freeDecompressionContext", offsetof(struct lz4, destroy)},
    {"LZ4F_resetDecompressionContext", offsetof(struct lz4, reset)},
    {"LZ4F_decompress", offsetof(struct lz4, decompress)},
    {"LZ4F_isError", offsetof(struct lz4, is_error)},
    {"LZ4F_getErrorName", offsetof(struct lz4, error_name)},
    {NULL, 0},
};

static const struct dm_library library = {{"liblz4.so.1", NULL}, symbols};

/* A frame, or a skippable one (0x184D2A50 to 5F). */
static bool lz4_begins(const unsigned char *head, size_t size) {
  static const unsigned char frame[] = {0x04, 0x22, 0x4d, 0x18};
  static const unsigned char skippable[] = {0x50, 0x2a, 0x4d, 0x18};
  if (memcmp(head, frame, size) == 0)
    return true;
  return (head[0] & 0xf0) == skippable[0] && memcmp(head + 1, skippable + 1, size > 1 ? size - 1 : 0) == 0;
}

static int lz4_open(void **state, uint64_t memory, struct dm_error *err) {
  (void)memory;
  struct lz4 *lz4 = calloc(1, sizeof *lz4);
  int status = lz4 != NULL ? dm_library_load(&library, lz4, err) : 0;
  if (lz4 == NULL || (status == 0 && lz4->is_error(lz4->create(&lz4->context, LZ4F_VERSION)) != 0))
    status = dm_error_set(err, DM_ERROR, "lz4 decoder: no memory");
  if (status != 0) {
    free(lz4);
    return status;
  }
  *state = lz4;
  return 0;
}

static enum dm_stream_status lz4_reset(void *state) {
  struct lz4 *lz4 = state;
  lz4->reset(lz4->context);
  return DM_STREAM_MORE;
}

/* The codes of errors are not in the library's stable interface; their names are. */
static enum dm_stream_status status_of(const struct lz4 *lz4, size_t result) {
  if (result == 0)
    return DM_STREAM_END;
  if (lz4->is_error(result) == 0)
    return DM_STREAM_MORE;
  bool is_memory = strcmp(lz4->error_name(result), "ERROR_allocation_failed") == 0;
  return is_memory ? DM_STREAM_FAILED : DM_STREAM_DAMAGED;
}

static enum dm_stream_status lz4_decode(void *state, struct dm_inflate_io *io) {
  struct lz4 *lz4 = state;
  size_t in_size = io->in_size;
  size_t out_size = io->out_size;
  size_t result = lz4->decompress(lz4->context, io->out, &out_size, io->in, &in_size, NULL);
  enum dm_stream_status status = status_of(lz4, result);
  if (status <= DM_STREAM_END) {
    io->in += in_size;
    io->in_size -= in_size;
    io->out += out_size;
    io->out_size -= out_size;
  }
  return status;
}

static void lz4_close(void *state) {
  struct lz4 *lz4 = state;
  (void)lz4->destroy(lz4->context);
  free(lz4);
}

const struct dm_stream_backend dm_stream_lz4 = {
    .name = "lz4",
    .head_size = 4,
    .begins = lz4_begins,
    .open = lz4_open,
    .reset = lz4_reset,
    .decode = lz4_decode,
    .close = lz4_close,
};
