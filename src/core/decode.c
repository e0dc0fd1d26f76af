#include "datamaestro/decode.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "datamaestro/part.h"
#include "datamaestro/printable.h"
#include "decode_streams.h"

/* Each format has a library of its own, not one of libarchive's filters: those take windows of up to 1 GiB
 * without asking, pass over what follows a stream without a word, decode twice what was packed twice, and
 * libarchive takes another thirty libraries with it. */
static const struct {
  const char *name;
  const struct dm_stream_backend *backend; /* NULL: dm_inflate */
} formats[DM_DECODE_FORMATS] = {
    [DM_DECODE_GZIP] = {"gzip", NULL},         [DM_DECODE_BZIP2] = {"bzip2", &dm_stream_bzip2},
    [DM_DECODE_XZ] = {"xz", &dm_stream_xz},    [DM_DECODE_ZSTD] = {"zstd", &dm_stream_zstd},
    [DM_DECODE_LZ4] = {"lz4", &dm_stream_lz4},
};

struct dm_decode {
  struct dm_reader reader;
  struct dm_reader *source;
  struct dm_inflate *inflate; /* one of these two */
  struct dm_streams *streams;
  const unsigned char *in; /* what is left of the source's last piece */
  size_t in_size;
  bool is_full;      /* the last step left no room: there may be more without new input */
  bool source_ended; /* and was told so to the decoder */
  bool failed;
  uint64_t consumed;
  uint64_t produced;
  uint64_t limit;
  uint64_t ratio;
  char *subject;
  struct dm_error failure; /* when `failed` */
  unsigned char out[DM_DECODE_BLOCK];
};

const char *dm_decode_name(enum dm_decode_format format) {
  return formats[format].name;
}

int dm_decode_find(const char *name) {
  for (int i = 0; i < DM_DECODE_FORMATS; i++)
    if (strcmp(formats[i].name, name) == 0)
      return i;
  return -1;
}

/* Bytes of the skippable frame, common to zstd and lz4, at `head`; 0 when there is none. */
static uint64_t skippable_size(const unsigned char *head, size_t size) {
  static const unsigned char magic[] = {0x2a, 0x4d, 0x18};
  if (size < 8 || (head[0] & 0xf0) != 0x50 || memcmp(head + 1, magic, sizeof magic) != 0)
    return 0;
  return 8 + ((uint64_t)head[4] | (uint64_t)head[5] << 8 | (uint64_t)head[6] << 16 | (uint64_t)head[7] << 24);
}

int dm_decode_recognise(const void *bytes, size_t size) {
  const unsigned char *head = bytes;
  for (uint64_t skip = skippable_size(head, size); skip > 0; skip = skippable_size(head, size)) {
    if (skip >= size)
      return -1;
    head += skip;
    size -= (size_t)skip;
  }
  if (size >= 3 && memcmp(head, "\x1f\x8b\x08", 3) == 0)
    return DM_DECODE_GZIP;
  for (int i = 0; i < DM_DECODE_FORMATS; i++) {
    const struct dm_stream_backend *backend = formats[i].backend;
    if (backend != NULL && size >= backend->head_size && backend->begins(head, backend->head_size))
      return i;
  }
  return -1;
}

static int decode_step(struct dm_decode *z, struct dm_inflate_io *io, struct dm_error *err) {
  return z->streams != NULL ? dm_streams_step(z->streams, io, err) : dm_inflate_step(z->inflate, io, err);
}

static int decode_finish(struct dm_decode *z, struct dm_error *err) {
  return z->streams != NULL ? dm_streams_finish(z->streams, err) : dm_inflate_finish(z->inflate, err);
}

uint64_t dm_decode_garbage(const struct dm_decode *z) {
  return z->streams != NULL ? dm_streams_garbage(z->streams) : dm_inflate_garbage(z->inflate);
}

static int pull(struct dm_decode *z, struct dm_error *err) {
  if (z->source->next(z->source, &z->in, &z->in_size, err) != 0)
    return -1;
  if (z->in_size > 0)
    return 0;
  z->source_ended = true;
  return decode_finish(z, err);
}

static int check_amount(const struct dm_decode *z, struct dm_error *err) {
  char content[32];
  char data[32];
  if (z->produced > z->limit)
    return dm_error_set(err, DM_ERROR_FORMAT,
                        "%s: %" PRIu64 " bytes of content or more (%" PRIu64 " at most expected)", z->subject,
                        z->produced, z->limit);
  if (z->ratio == 0 || z->produced < DM_DECODE_RATIO_FROM || z->produced / z->ratio < z->consumed)
    return 0;
  return dm_error_set(err, DM_ERROR_FORMAT,
                      "%s: %s of content or more from %s of data (%" PRIu64
                      " times as much at most expected)",
                      z->subject, dm_printable_size(content, sizeof content, z->produced),
                      dm_printable_size(data, sizeof data, z->consumed), z->ratio);
}

/* One byte over the limit is enough to know, and makes the message exact. */
static int step(struct dm_decode *z, size_t *made, struct dm_error *err) {
  uint64_t allowed = z->limit - z->produced;
  size_t room = allowed < sizeof z->out - 1 ? (size_t)allowed + 1 : sizeof z->out;
  struct dm_inflate_io io = {z->in, z->in_size, z->out, room};
  int status = decode_step(z, &io, err);
  *made = room - io.out_size;
  z->is_full = io.out_size == 0;
  z->consumed += z->in_size - io.in_size;
  z->produced += *made;
  z->in = io.in;
  z->in_size = io.in_size;
  return status == 0 ? check_amount(z, err) : -1;
}

static int next_content(struct dm_decode *z, size_t *size, struct dm_error *err) {
  *size = 0;
  while (*size == 0 && !z->source_ended) {
    if (z->in_size == 0 && !z->is_full && pull(z, err) != 0)
      return -1;
    if (!z->source_ended && step(z, size, err) != 0)
      return -1;
  }
  return 0;
}

static int next(struct dm_reader *reader, const unsigned char **bytes, size_t *size, struct dm_error *err) {
  struct dm_decode *z = (struct dm_decode *)reader;
  if (!z->failed && next_content(z, size, &z->failure) != 0)
    z->failed = true;
  *bytes = z->out;
  if (!z->failed)
    return 0;
  *size = 0;
  *err = z->failure;
  return -1;
}

static int open_decoder(struct dm_decode *z, const struct dm_decode_options *options, struct dm_error *err) {
  const struct dm_stream_backend *backend = formats[options->format].backend;
  uint64_t memory = options->memory > 0 ? options->memory : DM_DECODE_MEMORY;
  struct dm_inflate_options inflate = {options->backend, options->subject, DM_INFLATE_NO_LIMIT};
  if (z->subject == NULL)
    return dm_error_errno(err, ENOMEM, options->subject);
  if (backend == NULL)
    return dm_inflate_open(&z->inflate, &inflate, err);
  return dm_streams_open(&z->streams, backend, z->subject, memory, err);
}

int dm_decode_open(struct dm_decode **decode, struct dm_reader *source,
                   const struct dm_decode_options *options, struct dm_error *err) {
  struct dm_decode *fresh = calloc(1, sizeof *fresh);
  *decode = NULL;
  if (fresh == NULL)
    return dm_error_errno(err, ENOMEM, options->subject);
  fresh->reader.next = next;
  fresh->source = source;
  fresh->limit = options->limit;
  fresh->ratio = options->ratio;
  fresh->subject = strdup(options->subject);
  if (open_decoder(fresh, options, err) != 0) {
    dm_decode_close(fresh);
    return -1;
  }
  *decode = fresh;
  return 0;
}

struct dm_reader *dm_decode_reader(struct dm_decode *decode) {
  return &decode->reader;
}

int dm_decode_to_file(struct dm_decode *decode, const char *path, uint64_t *size, struct dm_error *err) {
  return dm_part_fill(path, &decode->reader, size, err);
}

void dm_decode_close(struct dm_decode *decode) {
  if (decode == NULL)
    return;
  dm_inflate_close(decode->inflate);
  dm_streams_close(decode->streams);
  free(decode->subject);
  free(decode);
}
