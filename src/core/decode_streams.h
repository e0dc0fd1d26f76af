/* Data that are one or more streams, one after another, of a format whose library decodes one of them:
 * what dm_inflate is to gzip, for the others. */
#ifndef DATAMAESTRO_DECODE_STREAMS_H
#define DATAMAESTRO_DECODE_STREAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datamaestro/decode.h"

enum { DM_STREAM_HEAD = 6 }; /* bytes: the longest magic number, that of xz */

enum dm_stream_status {
  DM_STREAM_MORE,    /* needs more input, or more room */
  DM_STREAM_END,     /* of one stream; what is left of the input comes after it */
  DM_STREAM_DAMAGED, /* not what the format allows, or a checksum is wrong */
  DM_STREAM_LARGE,   /* needs more memory than it may take */
  DM_STREAM_FAILED   /* there is no memory */
};

/* A library that decodes one format. */
struct dm_stream_backend {
  const char *name;
  size_t head_size;     /* bytes of the magic number */
  bool ignores_garbage; /* after the last stream */
  /* Whether `size` bytes, `head_size` at most, are or could become the magic number. */
  bool (*begins)(const unsigned char *head, size_t size);
  /* Loads the library; a state that takes `memory` bytes at most, apart from fixed small ones. */
  int (*open)(void **state, uint64_t memory, struct dm_error *err);
  /* Makes ready for the next stream; DM_STREAM_MORE when it is. */
  enum dm_stream_status (*reset)(void *state);
  /* Decodes until the input is used up, the output is full or the stream ends. */
  enum dm_stream_status (*decode)(void *state, struct dm_inflate_io *io);
  void (*close)(void *state);
};

extern const struct dm_stream_backend dm_stream_bzip2;
extern const struct dm_stream_backend dm_stream_xz;
extern const struct dm_stream_backend dm_stream_zstd;
extern const struct dm_stream_backend dm_stream_lz4;

struct dm_streams; /* owns its back end's state; freed by dm_streams_close */

/* `subject` must live as long as what is opened. */
int dm_streams_open(struct dm_streams **streams, const struct dm_stream_backend *backend, const char *subject,
                    uint64_t memory, struct dm_error *err);

/* Decodes until the input is used up or the output is full; with output left free, all input is used and
 * nothing is held back. */
int dm_streams_step(struct dm_streams *streams, struct dm_inflate_io *io, struct dm_error *err);

/* Says that the input ended, after a step that left output free. Fails when it ended too early. */
int dm_streams_finish(struct dm_streams *streams, struct dm_error *err);

/* Bytes after the last stream that were ignored; final after dm_streams_finish. */
uint64_t dm_streams_garbage(const struct dm_streams *streams);

/* Frees; NULL is fine. */
void dm_streams_close(struct dm_streams *streams);

#endif
