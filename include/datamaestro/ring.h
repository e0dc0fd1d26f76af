/* A bounded queue of blocks of bytes from one writing thread to one reading thread. */
#ifndef DATAMAESTRO_RING_H
#define DATAMAESTRO_RING_H

#include <stddef.h>

#include "datamaestro/error.h"

enum { DM_RING_BLOCK = 256 * 1024 }; /* bytes of a block */

struct dm_ring; /* owns its blocks; freed by dm_ring_close */

/* Makes an empty ring; fails for want of memory. */
int dm_ring_open(struct dm_ring **ring, struct dm_error *err);

/* Frees; NULL is fine. No thread may use the ring any more. */
void dm_ring_close(struct dm_ring *ring);

/* Writer: a free block to fill, the same one until it is pushed. Waits for it; NULL when the ring was
 * stopped. */
unsigned char *dm_ring_space(struct dm_ring *ring);

/* Writer: hands the block over with `size` bytes in it. */
void dm_ring_push(struct dm_ring *ring, size_t size);

/* Writer: no more blocks come. */
void dm_ring_end(struct dm_ring *ring);

/* Reader: waits for the next block; NULL when all are read and the writer ended, or when stopped. */
const unsigned char *dm_ring_take(struct dm_ring *ring, size_t *size);

/* Reader: gives the block back. */
void dm_ring_release(struct dm_ring *ring);

/* Either: wakes both; nothing is handed over any more. The reader stops the ring when it leaves. */
void dm_ring_stop(struct dm_ring *ring);

#endif
