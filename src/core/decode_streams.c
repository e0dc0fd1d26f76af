#include "decode_streams.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "datamaestro/printable.h"

enum part {
  HEAD,   /* between streams, or before the first one */
  BODY,   /* in a stream */
  IGNORED /* after the last one */
};

struct dm_streams {
  const struct dm_stream_backend *backend;
  void *state;
  const char *subject;
  enum part part;
  bool is_first; /* no stream has ended yet */
  unsigned char head[DM_STREAM_HEAD];
  size_t count; /* bytes in `head` */
  uint64_t consumed;
  uint64_t garbage;
  uint64_t memory;
};

int dm_streams_open(struct dm_streams **streams, const struct dm_stream_backend *backend, const char *subject,
                    uint64_t memory, struct dm_error *err) {
  struct dm_streams *fresh = calloc(1, sizeof *fresh);
  *streams = NULL;
  if (fresh == NULL)
    return dm_error_errno(err, ENOMEM, subject);
  fresh->backend = backend;
  fresh->subject = subject;
  fresh->is_first = true;
  fresh->memory = memory;
  if (backend->open(&fresh->state, memory, err) != 0) {
    free(fresh);
    return -1;
  }
  *streams = fresh;
  return 0;
}

void dm_streams_close(struct dm_streams *streams) {
  if (streams == NULL)
    return;
  streams->backend->close(streams->state);
  free(streams);
}

uint64_t dm_streams_garbage(const struct dm_streams *streams) {
  return streams->garbage;
}

static int fail_status(const struct dm_streams *z, enum dm_stream_status status, struct dm_error *err) {
  char text[32];
  if (status == DM_STREAM_FAILED)
    return dm_error_errno(err, ENOMEM, z->subject);
  if (status == DM_STREAM_DAMAGED)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: damaged %s data (near byte %" PRIu64 ")", z->subject,
                        z->backend->name, z->consumed);
  return dm_error_set(err, DM_ERROR_FORMAT,
                      "%s: %s data that take more memory to decode (%s at most expected)", z->subject,
                      z->backend->name, dm_printable_size(text, sizeof text, z->memory));
}

static int fail_foreign(const struct dm_streams *z, struct dm_error *err) {
  char hex[4 * 3 + 1] = "";
  for (size_t i = 0; i < z->count && i < 4; i++)
    (void)snprintf(hex + 3 * i, sizeof hex - 3 * i, " %02x", z->head[i]);
  return dm_error_set(err, DM_ERROR_FORMAT, "%s: starts with%s (%s data expected)", z->subject, hex,
                      z->backend->name);
}

static int fail_garbage(const struct dm_streams *z, struct dm_error *err) {
  return dm_error_set(err, DM_ERROR_FORMAT,
                      "%s: damaged %s data: other bytes after the end (near byte %" PRIu64 ")", z->subject,
                      z->backend->name, z->consumed);
}

static int ignore_bytes(struct dm_streams *z, const unsigned char *bytes, size_t size, struct dm_error *err) {
  for (size_t i = 0; i < size; i++)
    if (z->garbage > 0 || bytes[i] != 0)
      z->garbage++;
  if (z->garbage > 0 && !z->backend->ignores_garbage)
    return fail_garbage(z, err);
  return 0;
}

/* Takes bytes into the head until there are enough to tell what they are, and decides. Zeros between two
 * streams may be padding of the xz format, which has it in the middle too. */
static int take_head(struct dm_streams *z, struct dm_inflate_io *io, struct dm_error *err) {
  while (z->count < z->backend->head_size && io->in_size > 0) {
    unsigned char byte = *io->in++;
    io->in_size--;
    if (byte != 0 || z->count > 0 || z->is_first)
      z->head[z->count++] = byte;
  }
  if (z->count < z->backend->head_size)
    return 0;
  if (z->backend->begins(z->head, z->count)) {
    enum dm_stream_status status = z->backend->reset(z->state);
    z->part = BODY;
    return status == DM_STREAM_MORE ? 0 : fail_status(z, status, err);
  }
  if (z->is_first)
    return fail_foreign(z, err);
  z->part = IGNORED;
  size_t count = z->count;
  z->count = 0;
  return ignore_bytes(z, z->head, count, err);
}

/* The head is the stream's first bytes, and goes in before anything else: all of them, for no stream ends
 * within its magic number. */
static enum dm_stream_status decode_some(struct dm_streams *z, struct dm_inflate_io *io) {
  struct dm_inflate_io first = {z->head, z->count, io->out, io->out_size};
  if (z->count == 0)
    return z->backend->decode(z->state, io);
  enum dm_stream_status status = z->backend->decode(z->state, &first);
  z->count = 0;
  return status;
}

static int take_body(struct dm_streams *z, struct dm_inflate_io *io, struct dm_error *err) {
  enum dm_stream_status status = decode_some(z, io);
  if (status == DM_STREAM_END) {
    z->part = HEAD;
    z->is_first = false;
  }
  return status <= DM_STREAM_END ? 0 : fail_status(z, status, err);
}

static int take_some(struct dm_streams *z, struct dm_inflate_io *io, struct dm_error *err) {
  size_t size = io->in_size;
  int status = 0;
  if (z->part == HEAD)
    status = take_head(z, io, err);
  else if (z->part == BODY)
    status = take_body(z, io, err);
  else {
    status = ignore_bytes(z, io->in, io->in_size, err);
    io->in += io->in_size;
    io->in_size = 0;
  }
  z->consumed += size - io->in_size;
  return status;
}

int dm_streams_step(struct dm_streams *z, struct dm_inflate_io *io, struct dm_error *err) {
  bool moved = true;
  /* A library may hold output back, so a body is asked again even when the input is used up. */
  while (moved && io->out_size > 0 && (io->in_size > 0 || z->part == BODY)) {
    size_t in_size = io->in_size;
    size_t out_size = io->out_size;
    size_t count = z->count;
    enum part part = z->part;
    if (take_some(z, io, err) != 0)
      return -1;
    moved = io->in_size != in_size || io->out_size != out_size || z->count != count || z->part != part;
  }
  return 0;
}

int dm_streams_finish(struct dm_streams *z, struct dm_error *err) {
  const struct dm_stream_backend *backend = z->backend;
  bool is_foreign = z->part == HEAD && !backend->begins(z->head, z->count);
  if (z->part == IGNORED)
    return 0;
  if (z->part == HEAD && z->is_first && z->count == 0)
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: empty (%s data expected)", z->subject, backend->name);
  if (z->part == HEAD && !z->is_first && (z->count == 0 || backend->ignores_garbage)) {
    z->garbage = z->count;
    return 0;
  }
  if (is_foreign)
    return z->is_first ? fail_foreign(z, err) : fail_garbage(z, err);
  return dm_error_set(err, DM_ERROR_FORMAT, "%s: %s data ends early (after %" PRIu64 " bytes; more expected)",
                      z->subject, backend->name, z->consumed);
}
