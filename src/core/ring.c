#include "datamaestro/ring.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

enum { BLOCKS = 4 }; /* eight were no faster; their pages are touched once and reused */

struct dm_ring {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  size_t pushed; /* blocks, ever; the next one to fill is pushed % BLOCKS */
  size_t taken;  /* blocks given back, ever */
  bool ended;
  bool stopped;
  size_t sizes[BLOCKS]; /* bytes in each pushed block */
  unsigned char *blocks;
};

int dm_ring_open(struct dm_ring **ring, struct dm_error *err) {
  struct dm_ring *fresh = calloc(1, sizeof *fresh);
  *ring = NULL;
  if (fresh != NULL && (fresh->blocks = malloc((size_t)BLOCKS * DM_RING_BLOCK)) == NULL) {
    free(fresh);
    fresh = NULL;
  }
  if (fresh == NULL)
    return dm_error_errno(err, ENOMEM, "download buffer");
  (void)pthread_mutex_init(&fresh->mutex, NULL);
  (void)pthread_cond_init(&fresh->changed, NULL);
  *ring = fresh;
  return 0;
}

void dm_ring_close(struct dm_ring *ring) {
  if (ring == NULL)
    return;
  (void)pthread_cond_destroy(&ring->changed);
  (void)pthread_mutex_destroy(&ring->mutex);
  free(ring->blocks);
  free(ring);
}

unsigned char *dm_ring_space(struct dm_ring *ring) {
  unsigned char *space = NULL;
  (void)pthread_mutex_lock(&ring->mutex);
  while (!ring->stopped && ring->pushed - ring->taken == BLOCKS)
    (void)pthread_cond_wait(&ring->changed, &ring->mutex);
  if (!ring->stopped)
    space = ring->blocks + ring->pushed % BLOCKS * DM_RING_BLOCK;
  (void)pthread_mutex_unlock(&ring->mutex);
  return space;
}

void dm_ring_push(struct dm_ring *ring, size_t size) {
  (void)pthread_mutex_lock(&ring->mutex);
  ring->sizes[ring->pushed % BLOCKS] = size;
  bool was_empty = ring->pushed++ == ring->taken;
  (void)pthread_mutex_unlock(&ring->mutex);
  if (was_empty)
    (void)pthread_cond_broadcast(&ring->changed);
}

void dm_ring_end(struct dm_ring *ring) {
  (void)pthread_mutex_lock(&ring->mutex);
  ring->ended = true;
  (void)pthread_cond_broadcast(&ring->changed);
  (void)pthread_mutex_unlock(&ring->mutex);
}

const unsigned char *dm_ring_take(struct dm_ring *ring, size_t *size) {
  const unsigned char *block = NULL;
  (void)pthread_mutex_lock(&ring->mutex);
  while (!ring->stopped && !ring->ended && ring->pushed == ring->taken)
    (void)pthread_cond_wait(&ring->changed, &ring->mutex);
  if (!ring->stopped && ring->pushed > ring->taken) {
    block = ring->blocks + ring->taken % BLOCKS * DM_RING_BLOCK;
    *size = ring->sizes[ring->taken % BLOCKS];
  }
  (void)pthread_mutex_unlock(&ring->mutex);
  return block;
}

void dm_ring_release(struct dm_ring *ring) {
  (void)pthread_mutex_lock(&ring->mutex);
  bool is_half_empty = ring->pushed - ++ring->taken == BLOCKS / 2;
  (void)pthread_mutex_unlock(&ring->mutex);
  if (is_half_empty) /* not for every block: waking the writer costs more than it could do with one */
    (void)pthread_cond_broadcast(&ring->changed);
}

void dm_ring_stop(struct dm_ring *ring) {
  (void)pthread_mutex_lock(&ring->mutex);
  ring->stopped = true;
  (void)pthread_cond_broadcast(&ring->changed);
  (void)pthread_mutex_unlock(&ring->mutex);
}
