#include "datamaestro/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Waking the reader for each piece of a fast network would cost more than the reading; a slow one's last
 * pieces are found by looking. */
enum { WAKE_STEP = 128 * 1024 };  /* bytes */
enum { LOOK_PERIOD = 20000000L }; /* nanoseconds */

#define UNSURE_MAXIMUM (UINT64_C(1) << 30) /* bytes for which a place is made on a server's word */

enum { FIRST_CAPACITY = 16 * 1024 }; /* bytes: many files are small, and many are fetched at once */

struct dm_spool {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  char *path;
  /* The writer's, until it says that bytes are there. */
  int fd; /* -1 while all is in memory */
  unsigned char *memory;
  size_t capacity; /* bytes of `memory` */
  size_t held;     /* bytes in it */
  bool attached;   /* fd is a file of somebody else's */
  uint64_t total;  /* bytes expected, 0 when unknown */
  bool sure;       /* of that */
  /* Both sides', under the mutex. */
  uint64_t available;
  unsigned restarts; /* of the writer */
  unsigned noticed;  /* of these, by the reader */
  bool ended;
  bool left; /* stopped, once the reader has read all that is there */
  bool stopped;
  uint64_t wanted;      /* the reader waits for this much, 0 when it does not wait */
  unsigned char *block; /* the reader's, made when it is needed */
};

int dm_spool_open(struct dm_spool **spool, const char *path, struct dm_error *err) {
  struct dm_spool *fresh = calloc(1, sizeof *fresh);
  *spool = NULL;
  if (fresh == NULL || (fresh->path = strdup(path)) == NULL) {
    free(fresh);
    return dm_error_errno(err, ENOMEM, path);
  }
  fresh->fd = -1;
  (void)pthread_mutex_init(&fresh->mutex, NULL);
  (void)pthread_cond_init(&fresh->changed, NULL);
  *spool = fresh;
  return 0;
}

int dm_spool_continue(struct dm_spool *spool, uint64_t size, struct dm_error *err) {
  spool->fd = open(spool->path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (spool->fd < 0 || ftruncate(spool->fd, (off_t)size) != 0)
    return dm_error_errno(err, errno, spool->path);
  dm_spool_advance(spool, size);
  return 0;
}

int dm_spool_attach(struct dm_spool *spool, const char *path, uint64_t *size, struct dm_error *err) {
  struct stat info;
  spool->attached = true;
  spool->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (spool->fd < 0 || fstat(spool->fd, &info) != 0)
    return dm_error_errno(err, errno, path);
  if (!S_ISREG(info.st_mode))
    return dm_error_set(err, DM_ERROR_FORMAT, "%s: no plain file (one expected)", path);
  *size = (uint64_t)info.st_size;
  dm_spool_advance(spool, *size);
  return 0;
}

void dm_spool_close(struct dm_spool *spool) {
  if (spool == NULL)
    return;
  if (spool->fd >= 0)
    (void)close(spool->fd);
  (void)pthread_cond_destroy(&spool->changed);
  (void)pthread_mutex_destroy(&spool->mutex);
  free(spool->memory);
  free(spool->block);
  free(spool->path);
  free(spool);
}

/* A place of its own makes writing up to six times as fast (ext4), and a full disk shows before the first
 * byte; a file system that cannot give one is none the worse. The size of the file stays that of its bytes.
 */
static int reserve(struct dm_spool *spool, struct dm_error *err) {
  if (spool->total == 0 || fallocate(spool->fd, FALLOC_FL_KEEP_SIZE, 0, (off_t)spool->total) == 0 ||
      !spool->sure || (errno != ENOSPC && errno != EDQUOT))
    return 0;
  return dm_error_errno(err, errno, spool->path);
}

static int write_at(struct dm_spool *spool, uint64_t at, const void *bytes, size_t size,
                    struct dm_error *err) {
  const unsigned char *next = bytes;
  while (size > 0) {
    ssize_t written = pwrite(spool->fd, next, size, (off_t)at);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return dm_error_errno(err, errno, spool->path);
    next += written;
    at += (uint64_t)written;
    size -= (size_t)written;
  }
  return 0;
}

void dm_spool_expect(struct dm_spool *spool, uint64_t total, bool sure) {
  spool->total = sure || total <= UNSURE_MAXIMUM ? total : 0;
  spool->sure = sure;
}

int dm_spool_to_file(struct dm_spool *spool, struct dm_error *err) {
  if (spool->fd >= 0)
    return 0;
  do
    spool->fd = open(spool->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  while (spool->fd < 0 && errno == EEXIST && unlink(spool->path) == 0);
  if (spool->fd < 0)
    return dm_error_errno(err, errno, spool->path);
  if (reserve(spool, err) != 0 || write_at(spool, 0, spool->memory, spool->held, err) != 0)
    return -1;
  free(spool->memory);
  spool->memory = NULL;
  spool->capacity = 0;
  return 0;
}

static int grow_memory(struct dm_spool *spool, size_t needed, struct dm_error *err) {
  size_t capacity = spool->capacity > 0 ? spool->capacity : FIRST_CAPACITY;
  while (capacity < needed)
    capacity *= 2;
  unsigned char *larger = capacity > spool->capacity ? realloc(spool->memory, capacity) : spool->memory;
  if (larger == NULL)
    return dm_error_errno(err, ENOMEM, spool->path);
  spool->memory = larger;
  spool->capacity = capacity;
  return 0;
}

int dm_spool_write(struct dm_spool *spool, uint64_t at, const void *bytes, size_t size,
                   struct dm_error *err) {
  if (spool->fd < 0 && (at != spool->held || size > DM_SPOOL_MEMORY - spool->held) &&
      dm_spool_to_file(spool, err) != 0)
    return -1;
  if (spool->fd >= 0)
    return write_at(spool, at, bytes, size, err);
  if (grow_memory(spool, spool->held + size, err) != 0)
    return -1;
  memcpy(spool->memory + spool->held, bytes, size);
  spool->held += size;
  return 0;
}

void dm_spool_advance(struct dm_spool *spool, uint64_t available) {
  (void)pthread_mutex_lock(&spool->mutex);
  spool->available = available;
  bool wake = spool->wanted > 0 && available >= spool->wanted;
  (void)pthread_mutex_unlock(&spool->mutex);
  if (wake)
    (void)pthread_cond_signal(&spool->changed);
}

void dm_spool_end(struct dm_spool *spool) {
  (void)pthread_mutex_lock(&spool->mutex);
  spool->ended = true;
  (void)pthread_cond_signal(&spool->changed);
  (void)pthread_mutex_unlock(&spool->mutex);
}

int dm_spool_restart(struct dm_spool *spool, struct dm_error *err) {
  (void)pthread_mutex_lock(&spool->mutex);
  spool->available = 0;
  spool->held = 0;
  spool->ended = false;
  spool->restarts++;
  (void)pthread_cond_signal(&spool->changed);
  (void)pthread_mutex_unlock(&spool->mutex);
  if (spool->fd >= 0 && ftruncate(spool->fd, 0) != 0)
    return dm_error_errno(err, errno, spool->path);
  return 0;
}

void dm_spool_stop(struct dm_spool *spool) {
  (void)pthread_mutex_lock(&spool->mutex);
  spool->stopped = true;
  (void)pthread_cond_signal(&spool->changed);
  (void)pthread_mutex_unlock(&spool->mutex);
}

void dm_spool_leave(struct dm_spool *spool) {
  (void)pthread_mutex_lock(&spool->mutex);
  spool->left = true;
  (void)pthread_cond_signal(&spool->changed);
  (void)pthread_mutex_unlock(&spool->mutex);
}

bool dm_spool_in_file(const struct dm_spool *spool) {
  return spool->fd >= 0 && !spool->attached;
}

/* Waits until there is something to say of the bytes behind `at`. */
static enum dm_spool_state await(struct dm_spool *spool, uint64_t at, size_t *size) {
  enum dm_spool_state state = DM_SPOOL_BYTES;
  (void)pthread_mutex_lock(&spool->mutex);
  while (!spool->stopped && !spool->left && !spool->ended && spool->restarts == spool->noticed &&
         spool->available <= at) {
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += LOOK_PERIOD;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    spool->wanted = at + WAKE_STEP;
    (void)pthread_cond_timedwait(&spool->changed, &spool->mutex, &until);
  }
  spool->wanted = 0;
  if (spool->stopped || (spool->left && spool->available <= at))
    state = DM_SPOOL_STOPPED;
  else if (spool->restarts != spool->noticed)
    state = DM_SPOOL_RESTARTED;
  else if (spool->available <= at)
    state = DM_SPOOL_ENDED;
  spool->noticed = spool->restarts;
  uint64_t there = spool->available > at ? spool->available - at : 0;
  *size = there < DM_SPOOL_BLOCK ? (size_t)there : DM_SPOOL_BLOCK;
  (void)pthread_mutex_unlock(&spool->mutex);
  return state;
}

bool dm_spool_is_restarted(struct dm_spool *spool) {
  (void)pthread_mutex_lock(&spool->mutex);
  bool restarted = spool->restarts != spool->noticed;
  spool->noticed = spool->restarts;
  (void)pthread_mutex_unlock(&spool->mutex);
  return restarted;
}

/* A file that is shorter than it was is one that the writer began anew meanwhile, which the next turn sees;
 * or somebody else's hand was in it. */
static enum dm_spool_state read_block(struct dm_spool *spool, uint64_t at, size_t *size,
                                      struct dm_error *err) {
  ssize_t got = 0;
  if (spool->block == NULL && (spool->block = malloc(DM_SPOOL_BLOCK)) == NULL)
    got = -1;
  else
    do
      got = pread(spool->fd, spool->block, *size, (off_t)at);
    while (got < 0 && errno == EINTR);
  if (got > 0) {
    *size = (size_t)got;
    return DM_SPOOL_BYTES;
  }
  if (dm_spool_is_restarted(spool))
    return DM_SPOOL_RESTARTED;
  if (got < 0)
    (void)dm_error_errno(err, errno, spool->path);
  else
    (void)dm_error_set(err, DM_ERROR, "%s: cut short by another program while it was fetched", spool->path);
  return DM_SPOOL_FAILED;
}

enum dm_spool_state dm_spool_read(struct dm_spool *spool, uint64_t at, const unsigned char **bytes,
                                  size_t *size, struct dm_error *err) {
  enum dm_spool_state state = await(spool, at, size);
  if (state != DM_SPOOL_BYTES)
    return state;
  if (spool->fd < 0) {
    *bytes = spool->memory + at;
    return state;
  }
  state = read_block(spool, at, size, err);
  *bytes = spool->block;
  return state;
}

int dm_spool_sync(struct dm_spool *spool, struct dm_error *err) {
  if (spool->fd < 0 || fsync(spool->fd) == 0)
    return 0;
  return dm_error_errno(err, errno, spool->path);
}
