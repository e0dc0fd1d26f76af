#include "datamaestro/ring.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

enum { BLOCKS = 8 }; /* enough to ride out a slow write; their pages are touched once and reused */

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
  pthread_condattr_t attributes;
  struct dm_ring *fresh = calloc(1, sizeof *fresh);
  *ring = NULL;
  if (fresh != NULL && (fresh->blocks = malloc((size_t)BLOCKS * DM_RING_BLOCK)) == NULL) {
    free(fresh);
    fresh = NULL;
  }
  if (fresh == NULL)
    return dm_error_errno(err, ENOMEM, "download buffer");
  (void)pthread_mutex_init(&fresh->mutex, NULL);
  (void)pthread_condattr_init(&attributes);
  (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  (void)pthread_cond_init(&fresh->changed, &attributes);
  (void)pthread_condattr_destroy(&attributes);
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

void dm_ring_restart(struct dm_ring *ring) {
  ring->pushed = 0;
  ring->taken = 0;
  ring->ended = false;
  ring->stopped = false;
}

static struct timespec deadline(int milliseconds) {
  struct timespec at;
  (void)clock_gettime(CLOCK_MONOTONIC, &at);
  at.tv_sec += milliseconds / 1000;
  at.tv_nsec += (long)(milliseconds % 1000) * 1000000;
  if (at.tv_nsec >= 1000000000) {
    at.tv_sec++;
    at.tv_nsec -= 1000000000;
  }
  return at;
}

unsigned char *dm_ring_space(struct dm_ring *ring, int timeout) {
  unsigned char *space = NULL;
  struct timespec until = deadline(timeout);
  int status = 0;
  (void)pthread_mutex_lock(&ring->mutex);
  while (!ring->stopped && ring->pushed - ring->taken == BLOCKS && status == 0)
    status = pthread_cond_timedwait(&ring->changed, &ring->mutex, &until);
  if (!ring->stopped && ring->pushed - ring->taken < BLOCKS)
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

bool dm_ring_stopped(struct dm_ring *ring, int timeout) {
  struct timespec until = deadline(timeout);
  int status = 0;
  (void)pthread_mutex_lock(&ring->mutex);
  while (!ring->stopped && status == 0)
    status = pthread_cond_timedwait(&ring->changed, &ring->mutex, &until);
  bool stopped = ring->stopped;
  (void)pthread_mutex_unlock(&ring->mutex);
  return stopped;
}
