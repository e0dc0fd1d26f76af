#include "datamaestro/content.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "datamaestro/part.h"
#include "datamaestro/ring.h"
#include "datamaestro/thread.h"

enum { ALONE = 1024 * 1024 }; /* bytes from which on a thread is worth its start */

struct dm_content {
  char *path;
  size_t taken;         /* bytes so far, up to ALONE */
  struct dm_ring *ring; /* NULL as long as there is no thread */
  unsigned char *block; /* of the ring, being filled; NULL when there is none yet */
  size_t filled;        /* bytes in it */
  pthread_t thread;
  /* The thread's while there is one. */
  struct dm_part part;
  struct dm_digest digest;
  int status;
  struct dm_error err;
};

int dm_content_open(struct dm_content **content, const char *path, unsigned digests, struct dm_error *err) {
  struct dm_content *fresh = calloc(1, sizeof *fresh);
  *content = NULL;
  if (fresh == NULL || (fresh->path = strdup(path)) == NULL) {
    free(fresh);
    return dm_error_errno(err, ENOMEM, path);
  }
  fresh->part.fd = -1;
  if (dm_digest_open(&fresh->digest, digests, err) != 0 ||
      dm_part_open(&fresh->part, fresh->path, err) != 0) {
    dm_content_close(fresh);
    return -1;
  }
  *content = fresh;
  return 0;
}

static int store(struct dm_content *content, const void *bytes, size_t size, struct dm_error *err) {
  if (dm_digest_update(&content->digest, bytes, size, err) != 0)
    return -1;
  return dm_part_write(&content->part, bytes, size, err);
}

static void *consume(void *opaque) {
  struct dm_content *content = opaque;
  const unsigned char *block = NULL;
  size_t size = 0;
  while (content->status == 0 && (block = dm_ring_take(content->ring, &size)) != NULL) {
    content->status = store(content, block, size, &content->err);
    dm_ring_release(content->ring);
  }
  dm_ring_stop(content->ring);
  return NULL;
}

static int start_thread(struct dm_content *content, struct dm_error *err) {
  if (dm_ring_open(&content->ring, err) != 0)
    return -1;
  int status = dm_thread_start(&content->thread, consume, content);
  if (status == 0)
    return 0;
  dm_ring_close(content->ring);
  content->ring = NULL;
  return dm_error_errno(err, status, "writing thread");
}

/* Waits for the thread; what it failed with, if it did. */
static int join(struct dm_content *content, struct dm_error *err) {
  if (content->ring == NULL)
    return 0;
  (void)pthread_join(content->thread, NULL);
  dm_ring_close(content->ring);
  content->ring = NULL;
  content->block = NULL;
  if (content->status != 0)
    *err = content->err;
  return content->status;
}

static int hand_over(struct dm_content *content, const unsigned char *bytes, size_t size,
                     struct dm_error *err) {
  while (size > 0) {
    if (content->block == NULL && (content->block = dm_ring_space(content->ring)) == NULL)
      return join(content, err);
    size_t room = DM_RING_BLOCK - content->filled;
    size_t piece = size < room ? size : room;
    memcpy(content->block + content->filled, bytes, piece);
    content->filled += piece;
    bytes += piece;
    size -= piece;
    if (content->filled == DM_RING_BLOCK) {
      dm_ring_push(content->ring, content->filled);
      content->block = NULL;
      content->filled = 0;
    }
  }
  return 0;
}

int dm_content_write(struct dm_content *content, const void *bytes, size_t size, struct dm_error *err) {
  if (content->ring !=
      NULL) /* which is stopped when its thread fails: until then, `status` is the thread's */
    return hand_over(content, bytes, size, err);
  if (content->status != 0) {
    *err = content->err;
    return -1;
  }
  content->taken += size;
  if (content->taken > ALONE)
    return start_thread(content, err) != 0 ? -1 : hand_over(content, bytes, size, err);
  return store(content, bytes, size, err);
}

int dm_content_finish(struct dm_content *content, struct dm_digest_hex *hex, uint64_t *size,
                      struct dm_error *err) {
  if (content->ring != NULL) {
    if (content->filled > 0)
      dm_ring_push(content->ring, content->filled);
    dm_ring_end(content->ring);
  }
  if (join(content, err) != 0 || dm_digest_read(&content->digest, hex, err) != 0)
    return -1;
  *size = content->part.size;
  return dm_part_finish(&content->part, err);
}

void dm_content_close(struct dm_content *content) {
  struct dm_error unused;
  if (content == NULL)
    return;
  if (content->ring != NULL)
    dm_ring_stop(content->ring);
  (void)join(content, &unused);
  dm_part_discard(&content->part);
  dm_digest_close(&content->digest);
  free(content->path);
  free(content);
}
