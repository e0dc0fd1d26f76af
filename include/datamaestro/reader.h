/* A stream of bytes that is pulled: what the decoders and the readers of archives take from one another. */
#ifndef DATAMAESTRO_READER_H
#define DATAMAESTRO_READER_H

#include <stddef.h>

#include "datamaestro/error.h"

/* The first member of what implements it, which finds itself from this address. */
struct dm_reader {
  /* Points `*bytes` at the next bytes, valid until the next call, and sets `*size` to their number, 0 at the
   * end (and at every call after it). May wait for them. -1 with `err` filled ends the stream. */
  int (*next)(struct dm_reader *reader, const unsigned char **bytes, size_t *size, struct dm_error *err);
};

#endif
