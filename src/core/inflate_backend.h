/* What inflate.c asks of a back end: one raw deflate stream after the other, and a CRC-32. */
#ifndef DATAMAESTRO_INFLATE_BACKEND_H
#define DATAMAESTRO_INFLATE_BACKEND_H

#include "datamaestro/inflate.h"

enum dm_deflate_status {
  DM_DEFLATE_MORE,   /* the stream goes on: input is used up or output is full */
  DM_DEFLATE_END,    /* the stream ended */
  DM_DEFLATE_DAMAGED /* not a deflate stream */
};

enum { DM_DEFLATE_AHEAD = 8 }; /* bytes: no more than a gzip member's trailer */

struct dm_inflate_backend {
  const char *name;
  void *(*open)(void);        /* NULL: not enough memory */
  void (*reset)(void *state); /* for the next stream */
  enum dm_deflate_status (*decode)(void *state, struct dm_inflate_io *io);
  /* After the end: copies the input bytes that were read ahead of it, and says how many. */
  size_t (*take_ahead)(void *state, unsigned char ahead[DM_DEFLATE_AHEAD]);
  uint32_t (*crc)(uint32_t crc, const unsigned char *bytes, size_t size);
  void (*close)(void *state);
};

extern const struct dm_inflate_backend dm_inflate_zlib;
#ifdef DM_HAVE_ISAL
extern const struct dm_inflate_backend dm_inflate_isal;
#endif

#endif
