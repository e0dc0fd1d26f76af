#include <bzlib.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "decode_streams.h"
#include "library.h"

/* The library's own state is made anew for each stream: it has no reset. It takes 3.7 MB at most. */
struct bzip2 {
  __typeof__(&BZ2_bzDecompressInit) init;
  __typeof__(&BZ2_bzDecompress) decompress;
  __typeof__(&BZ2_bzDecompressEnd) end;
  bz_stream stream;
  bool is_open;
};

static const struct dm_library_symbol symbols[] = {
    {"BZ2_bzDecompressInit", offsetof(struct bzip2, init)},
    {"BZ2_bzDecompress", offsetof(struct bzip2, decompress)},
    {"BZ2_bzDecompressEnd", offsetof(struct bzip2, end)},
    {NULL, 0},
};

static const struct dm_library library = {{"libbz2.so.1.0", "libbz2.so.1"}, symbols};

/* "BZh" and the size of a block, 1 to 9. */
static bool bzip2_begins(const unsigned char *head, size_t size) {
  if (memcmp(head, "BZh", size < 3 ? size : 3) != 0)
    return false;
  return size < 4 || (head[3] >= '1' && head[3] <= '9');
}

static int bzip2_open(void **state, uint64_t memory, struct dm_error *err) {
  (void)memory;
  struct bzip2 *bzip2 = calloc(1, sizeof *bzip2);
  if (bzip2 == NULL)
    return dm_error_set(err, DM_ERROR, "bzip2 decoder: no memory");
  if (dm_library_load(&library, bzip2, err) != 0) {
    free(bzip2);
    return -1;
  }
  *state = bzip2;
  return 0;
}

static void end_stream(struct bzip2 *bzip2) {
  if (bzip2->is_open)
    (void)bzip2->end(&bzip2->stream);
  bzip2->is_open = false;
}

static enum dm_stream_status bzip2_reset(void *state) {
  struct bzip2 *bzip2 = state;
  end_stream(bzip2);
  memset(&bzip2->stream, 0, sizeof bzip2->stream);
  bzip2->is_open = bzip2->init(&bzip2->stream, 0, 0) == BZ_OK;
  return bzip2->is_open ? DM_STREAM_MORE : DM_STREAM_FAILED;
}

static unsigned clamp(size_t size) {
  return size < UINT_MAX / 2 ? (unsigned)size : UINT_MAX / 2;
}

static enum dm_stream_status bzip2_decode(void *state, struct dm_inflate_io *io) {
  struct bzip2 *bzip2 = state;
  unsigned in_size = clamp(io->in_size);
  unsigned out_size = clamp(io->out_size);
  bzip2->stream.next_in = (char *)io->in; /* which the library only reads */
  bzip2->stream.avail_in = in_size;
  bzip2->stream.next_out = (char *)io->out;
  bzip2->stream.avail_out = out_size;
  int status = bzip2->decompress(&bzip2->stream);
  io->in += in_size - bzip2->stream.avail_in;
  io->in_size -= in_size - bzip2->stream.avail_in;
  io->out += out_size - bzip2->stream.avail_out;
  io->out_size -= out_size - bzip2->stream.avail_out;
  if (status == BZ_OK)
    return DM_STREAM_MORE;
  if (status == BZ_STREAM_END)
    return DM_STREAM_END;
  return status == BZ_MEM_ERROR ? DM_STREAM_FAILED : DM_STREAM_DAMAGED;
}

static void bzip2_close(void *state) {
  end_stream(state);
  free(state);
}

const struct dm_stream_backend dm_stream_bzip2 = {
    .name = "bzip2",
    .head_size = 4,
    .ignores_garbage = true,
    .begins = bzip2_begins,
    .open = bzip2_open,
    .reset = bzip2_reset,
    .decode = bzip2_decode,
    .close = bzip2_close,
};
