#include "inflate_backend.h"

#ifdef DM_HAVE_ISAL

#include <isa-l/crc.h>
#include <isa-l/igzip_lib.h>
#include <stdlib.h>

static void *isal_open(void) {
  struct inflate_state *state = calloc(1, sizeof *state);
  if (state != NULL)
    isal_inflate_init(state); /* crc_flag 0: a raw deflate stream */
  return state;
}

static void isal_reset(void *state) {
  isal_inflate_reset(state);
}

static uint32_t clamp(size_t size) {
  return size < UINT32_MAX / 2 ? (uint32_t)size : UINT32_MAX / 2;
}

static enum dm_deflate_status isal_decode(void *opaque, struct dm_inflate_io *io) {
  struct inflate_state *state = opaque;
  uint32_t in_size = clamp(io->in_size);
  uint32_t out_size = clamp(io->out_size);
  state->next_in = (uint8_t *)io->in; /* ISA-L only reads it */
  state->avail_in = in_size;
  state->next_out = io->out;
  state->avail_out = out_size;
  int status = isal_inflate(state);
  io->in += in_size - state->avail_in;
  io->in_size -= in_size - state->avail_in;
  io->out += out_size - state->avail_out;
  io->out_size -= out_size - state->avail_out;
  if (status < 0 || status == ISAL_NEED_DICT)
    return DM_DEFLATE_DAMAGED;
  return state->block_state == ISAL_BLOCK_FINISH ? DM_DEFLATE_END : DM_DEFLATE_MORE;
}

/* ISA-L keeps up to eight bytes of input in a bit buffer. They may be of an earlier piece of input, so
 * moving the input pointer back would not do. */
static size_t isal_take_ahead(void *opaque, unsigned char ahead[DM_DEFLATE_AHEAD]) {
  struct inflate_state *state = opaque;
  size_t count = state->read_in_length > 0 ? (size_t)state->read_in_length / 8 : 0;
  uint64_t bits = state->read_in >> (state->read_in_length % 8);
  for (size_t i = 0; i < count; i++)
    ahead[i] = (unsigned char)(bits >> (8 * i));
  state->read_in_length = 0;
  state->read_in = 0;
  return count;
}

static uint32_t isal_crc(uint32_t crc, const unsigned char *bytes, size_t size) {
  return crc32_gzip_refl(crc, bytes, size);
}

static void isal_close(void *state) {
  free(state);
}

const struct dm_inflate_backend dm_inflate_isal = {
    .name = "isal",
    .open = isal_open,
    .reset = isal_reset,
    .decode = isal_decode,
    .take_ahead = isal_take_ahead,
    .crc = isal_crc,
    .close = isal_close,
};

#endif
