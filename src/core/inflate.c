#include "datamaestro/inflate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "inflate_backend.h"

/* RFC 1952: a member is a header, a deflate stream and a trailer; members follow one another. */
enum { FIXED_SIZE = 10, TRAILER_SIZE = 8, METHOD_DEFLATE = 8 };
enum { FLAG_HCRC = 2, FLAG_EXTRA = 4, FLAG_NAME = 8, FLAG_COMMENT = 16, FLAGS_RESERVED = 0xe0 };

/* In the order of the format: a header part that its flag does not announce is passed over. */
enum part { FIXED, EXTRA_SIZE, EXTRA, NAME, COMMENT, HEADER_CRC, BODY, TRAILER, IGNORED, FAILED };

struct dm_inflate {
  const struct dm_inflate_backend *backend;
  void *state;
  enum part part;
  unsigned char bytes[FIXED_SIZE]; /* of the part being read, where it is short and of known size */
  size_t count;                    /* bytes read of the part */
  size_t extra_size;               /* bytes of the header's extra field */
  unsigned flags;
  uint32_t header_crc;
  uint32_t crc;     /* of the member's content so far */
  uint32_t size;    /* the same, its bytes modulo 2^32 */
  uint64_t members; /* complete ones */
  uint64_t consumed;
  uint64_t produced;
  uint64_t garbage;
  uint64_t limit;
  struct dm_error failure; /* when FAILED */
  char subject[];
};

static const struct dm_inflate_backend *const backends[] = {
#ifdef DM_HAVE_ISAL
    &dm_inflate_isal,
#endif
    &dm_inflate_zlib,
};

enum { BACKEND_COUNT = sizeof backends / sizeof backends[0] };

const char *dm_inflate_backend(size_t index) {
  return index < BACKEND_COUNT ? backends[index]->name : NULL;
}

static const struct dm_inflate_backend *find_backend(const char *name) {
  if (name == NULL)
    return backends[0];
  for (size_t i = 0; i < BACKEND_COUNT; i++)
    if (strcmp(backends[i]->name, name) == 0)
      return backends[i];
  return NULL;
}

int dm_inflate_open(struct dm_inflate **inflate, const struct dm_inflate_options *options,
                    struct dm_error *err) {
  const struct dm_inflate_backend *backend = find_backend(options->backend);
  size_t length = strlen(options->subject);
  *inflate = NULL;
  if (backend == NULL)
    return dm_error_set(err, DM_ERROR_USAGE, "%s: no such back end to inflate with", options->backend);
  struct dm_inflate *fresh = calloc(1, sizeof *fresh + length + 1);
  if (fresh != NULL && (fresh->state = backend->open()) == NULL) {
    free(fresh);
    fresh = NULL;
  }
  if (fresh == NULL)
    return dm_error_errno(err, ENOMEM, options->subject);
  fresh->backend = backend;
  fresh->limit = options->limit;
  memcpy(fresh->subject, options->subject, length + 1);
  *inflate = fresh;
  return 0;
}

void dm_inflate_close(struct dm_inflate *inflate) {
  if (inflate == NULL)
    return;
  inflate->backend->close(inflate->state);
  free(inflate);
}

uint64_t dm_inflate_garbage(const struct dm_inflate *inflate) {
  return inflate->garbage;
}

static uint32_t little_endian(const unsigned char *bytes, size_t size) {
  uint32_t value = 0;
  while (size-- > 0)
    value = value << 8 | bytes[size];
  return value;
}

/* Keeps the failure, which every later call repeats. */
static int fail(struct dm_inflate *z, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int fail(struct dm_inflate *z, const char *format, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  (void)vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  z->part = FAILED;
  return dm_error_set(&z->failure, DM_ERROR_FORMAT, "%s: %s", z->subject, text);
}

static int fail_not_gzip(struct dm_inflate *z) {
  char hex[4 * 3 + 1] = "";
  for (size_t i = 0; i < z->count && i < 4; i++)
    (void)snprintf(hex + 3 * i, sizeof hex - 3 * i, " %02x", z->bytes[i]);
  return fail(z, "starts with%s (gzip data expected)", hex);
}

/* The magic number of a later member tells it from what may be ignored. */
static void begin_ignoring(struct dm_inflate *z) {
  if (z->count > 1 || z->bytes[0] != 0)
    z->garbage = z->count;
  z->part = IGNORED;
}

static int end_fixed(struct dm_inflate *z) {
  if (z->bytes[0] != 0x1f || z->bytes[1] != 0x8b)
    return fail_not_gzip(z);
  if (z->bytes[2] != METHOD_DEFLATE)
    return fail(z, "gzip data of method %u (8, deflate, expected)", z->bytes[2]);
  z->flags = z->bytes[3];
  if ((z->flags & FLAGS_RESERVED) != 0)
    return fail(z, "gzip header with flags %02x (none of e0 expected)", z->flags);
  return 0;
}

static int end_header_crc(struct dm_inflate *z) {
  uint32_t stored = little_endian(z->bytes, 2);
  if (stored != (z->header_crc & 0xffff))
    return fail(z, "gzip header with checksum %04" PRIx32 " (%04" PRIx32 " expected)", z->header_crc & 0xffff,
                stored);
  return 0;
}

static int end_trailer(struct dm_inflate *z) {
  uint32_t crc = little_endian(z->bytes, 4);
  uint32_t size = little_endian(z->bytes + 4, 4);
  if (crc != z->crc)
    return fail(z, "damaged gzip data: content with CRC %08" PRIx32 " (%08" PRIx32 " expected)", z->crc, crc);
  if (size != z->size)
    return fail(z, "damaged gzip data: %" PRIu32 " bytes of content (%" PRIu32 " expected)", z->size, size);
  z->members++;
  z->header_crc = 0;
  return 0;
}

static bool is_announced(const struct dm_inflate *z, enum part part) {
  switch (part) {
  case EXTRA_SIZE:
  case EXTRA:
    return (z->flags & FLAG_EXTRA) != 0;
  case NAME:
    return (z->flags & FLAG_NAME) != 0;
  case COMMENT:
    return (z->flags & FLAG_COMMENT) != 0;
  case HEADER_CRC:
    return (z->flags & FLAG_HCRC) != 0;
  default:
    return true;
  }
}

/* Checks the part that is complete and goes on to the next. */
static int end_part(struct dm_inflate *z) {
  int status = 0;
  if (z->part == FIXED)
    status = end_fixed(z);
  else if (z->part == EXTRA_SIZE)
    z->extra_size = little_endian(z->bytes, 2);
  else if (z->part == HEADER_CRC)
    status = end_header_crc(z);
  else if (z->part == TRAILER)
    status = end_trailer(z);
  if (status != 0)
    return -1;
  z->count = 0;
  z->part = z->part == TRAILER ? FIXED : z->part + 1;
  while (!is_announced(z, z->part) || (z->part == EXTRA && z->extra_size == 0))
    z->part++;
  if (z->part == BODY) {
    z->backend->reset(z->state);
    z->crc = 0;
    z->size = 0;
  }
  return 0;
}

static bool is_complete(const struct dm_inflate *z, unsigned char last) {
  switch (z->part) {
  case FIXED:
    return z->count == FIXED_SIZE;
  case EXTRA:
    return z->count == z->extra_size;
  case NAME:
  case COMMENT:
    return last == 0;
  case TRAILER:
    return z->count == TRAILER_SIZE;
  default:
    return z->count == 2;
  }
}

/* Takes one byte of a header or trailer. */
static int take_byte(struct dm_inflate *z, unsigned char byte) {
  static const unsigned char magic[] = {0x1f, 0x8b};
  if (z->part < HEADER_CRC)
    z->header_crc = z->backend->crc(z->header_crc, &byte, 1);
  if (z->part != EXTRA && z->part != NAME && z->part != COMMENT)
    z->bytes[z->count] = byte;
  z->count++;
  if (z->part == FIXED && z->members > 0 && z->count <= sizeof magic && byte != magic[z->count - 1]) {
    begin_ignoring(z);
    return 0;
  }
  return is_complete(z, byte) ? end_part(z) : 0;
}

static void ignore(struct dm_inflate *z, struct dm_inflate_io *io) {
  for (; io->in_size > 0; io->in++, io->in_size--)
    if (z->garbage > 0 || *io->in != 0)
      z->garbage++;
}

/* The bytes read ahead are the trailer's first: they never reach beyond it. */
static int end_body(struct dm_inflate *z) {
  unsigned char ahead[DM_DEFLATE_AHEAD];
  size_t count = z->backend->take_ahead(z->state, ahead);
  z->part = TRAILER;
  z->count = 0;
  for (size_t i = 0; i < count; i++)
    if (take_byte(z, ahead[i]) != 0)
      return -1;
  return 0;
}

static int take_body(struct dm_inflate *z, struct dm_inflate_io *io) {
  unsigned char *start = io->out;
  uint64_t allowed = z->limit - z->produced;
  size_t spare = 0; /* one byte over the limit is enough to know, and makes the message exact */
  if (allowed < io->out_size - 1) {
    spare = io->out_size - (size_t)allowed - 1;
    io->out_size -= spare;
  }
  enum dm_deflate_status status = z->backend->decode(z->state, io);
  io->out_size += spare;
  size_t made = (size_t)(io->out - start);
  z->crc = z->backend->crc(z->crc, start, made);
  z->size += (uint32_t)made;
  z->produced += made;
  if (z->produced > z->limit)
    return fail(z, "%" PRIu64 " bytes of content or more (%" PRIu64 " at most expected)", z->produced,
                z->limit);
  if (status == DM_DEFLATE_DAMAGED)
    return fail(z, "damaged gzip data (deflate stream expected)");
  return status == DM_DEFLATE_END ? end_body(z) : 0;
}

static int take_some(struct dm_inflate *z, struct dm_inflate_io *io) {
  if (z->part == BODY)
    return take_body(z, io);
  if (z->part == IGNORED) {
    ignore(z, io);
    return 0;
  }
  io->in_size--;
  return take_byte(z, *io->in++);
}

int dm_inflate_step(struct dm_inflate *z, struct dm_inflate_io *io, struct dm_error *err) {
  size_t before = io->in_size;
  /* A back end may hold output back, so a body is asked again even when the input is used up. */
  bool moved = z->part != FAILED;
  while (moved && io->out_size > 0) {
    size_t in_size = io->in_size;
    size_t out_size = io->out_size;
    if (in_size == 0 && z->part != BODY)
      break;
    if (take_some(z, io) != 0)
      break;
    moved = io->in_size != in_size || io->out_size != out_size;
  }
  z->consumed += before - io->in_size;
  if (z->part != FAILED)
    return 0;
  *err = z->failure;
  return -1;
}

int dm_inflate_finish(struct dm_inflate *z, struct dm_error *err) {
  if (z->part == FIXED && z->members > 0 && z->count < 2) {
    z->garbage = z->count; /* half a magic number */
    z->count = 0;
  } else if (z->part == FIXED && z->members == 0 && z->count == 0)
    (void)fail(z, "empty (gzip data expected)");
  else if (z->part == FIXED && (z->bytes[0] != 0x1f || (z->count > 1 && z->bytes[1] != 0x8b)))
    (void)fail_not_gzip(z);
  else if (z->part != IGNORED && z->part != FAILED)
    (void)fail(z, "gzip data ends early (after %" PRIu64 " bytes; more expected)", z->consumed);
  if (z->part != FAILED)
    return 0;
  *err = z->failure;
  return -1;
}
