#include "datamaestro/audit.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "datamaestro/thread.h"

enum { THREADS_MAXIMUM = 64 };

struct file {
  char *path; /* NULL once it is finished */
  unsigned digests;
};

/* What is finished, small: there may be many before the caller looks. */
struct node {
  size_t index;
  uint64_t size;
  struct dm_digest_hex hex;
  struct dm_error *err; /* NULL: none */
  struct node *next;
};

struct dm_audit {
  struct file *files;
  size_t count;
  pthread_t threads[THREADS_MAXIMUM];
  size_t running; /* threads to be joined */
  atomic_size_t following;
  atomic_bool stop;
  _Atomic uint64_t bytes;
  pthread_mutex_t mutex; /* of what follows */
  pthread_cond_t changed;
  struct node *first; /* finished and not taken */
  struct node *last;
  size_t finished; /* files */
};

static bool beat(void *context, size_t bytes) {
  struct dm_audit *audit = context;
  (void)atomic_fetch_add(&audit->bytes, bytes);
  return !atomic_load(&audit->stop);
}

static void hand_over(struct dm_audit *audit, struct node *node) {
  (void)pthread_mutex_lock(&audit->mutex);
  if (audit->last != NULL)
    audit->last->next = node;
  else
    audit->first = node;
  audit->last = node;
  audit->finished++;
  (void)pthread_cond_signal(&audit->changed);
  (void)pthread_mutex_unlock(&audit->mutex);
}

/* Memory comes back as the caller takes what is finished. */
static void *await_memory(const struct dm_audit *audit, size_t size) {
  void *memory = NULL;
  while ((memory = calloc(1, size)) == NULL && !atomic_load(&audit->stop))
    (void)nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
  return memory;
}

static void digest_one(struct dm_audit *audit, struct node *node) {
  struct file *file = &audit->files[node->index];
  struct dm_error err;
  if (dm_digest_watched(file->path, file->digests, beat, audit, &node->hex, &node->size, &err) != 0 &&
      (node->err = await_memory(audit, sizeof err)) != NULL)
    *node->err = err;
  free(file->path);
  file->path = NULL;
  hand_over(audit, node);
}

static void *work(void *opaque) {
  struct dm_audit *audit = opaque;
  while (!atomic_load(&audit->stop)) {
    size_t index = atomic_fetch_add(&audit->following, 1);
    if (index >= audit->count)
      break;
    struct node *node = await_memory(audit, sizeof *node);
    if (node == NULL)
      break;
    node->index = index;
    digest_one(audit, node);
  }
  return NULL;
}

static size_t processors(void) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0)
    return 1;
  return (size_t)CPU_COUNT(&set);
}

static int copy_files(struct dm_audit *audit, const struct dm_audit_file *files, size_t count) {
  audit->files = calloc(count + 1, sizeof *audit->files);
  if (audit->files == NULL)
    return -1;
  for (; audit->count < count; audit->count++) {
    struct file *copy = &audit->files[audit->count];
    copy->digests = files[audit->count].digests;
    if ((copy->path = strdup(files[audit->count].path)) == NULL)
      return -1;
  }
  return 0;
}

/* One thread is enough to get there. */
static int start_threads(struct dm_audit *audit, size_t threads, struct dm_error *err) {
  size_t wanted = threads > 0 ? threads : processors();
  wanted = wanted < THREADS_MAXIMUM ? wanted : THREADS_MAXIMUM;
  wanted = wanted < audit->count ? wanted : audit->count;
  int cause = 0;
  while (cause == 0 && audit->running < wanted) {
    cause = dm_thread_start(&audit->threads[audit->running], work, audit);
    audit->running += cause == 0;
  }
  return audit->running == 0 && cause != 0 ? dm_error_errno(err, cause, "reading threads") : 0;
}

static void open_queue(struct dm_audit *audit) {
  pthread_condattr_t attributes;
  (void)pthread_condattr_init(&attributes);
  (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  (void)pthread_cond_init(&audit->changed, &attributes);
  (void)pthread_condattr_destroy(&attributes);
  (void)pthread_mutex_init(&audit->mutex, NULL);
}

int dm_audit_start(struct dm_audit **audit, const struct dm_audit_file *files, size_t count, size_t threads,
                   struct dm_error *err) {
  struct dm_audit *fresh = calloc(1, sizeof *fresh);
  *audit = NULL;
  if (fresh == NULL)
    return dm_error_errno(err, ENOMEM, "files to read");
  open_queue(fresh);
  int status = copy_files(fresh, files, count);
  if (status != 0)
    (void)dm_error_errno(err, ENOMEM, "files to read");
  else
    status = start_threads(fresh, threads, err);
  if (status != 0)
    dm_audit_close(fresh);
  else
    *audit = fresh;
  return status;
}

struct dm_audit_progress dm_audit_progress(const struct dm_audit *audit) {
  struct dm_audit *shared = (struct dm_audit *)audit;
  struct dm_audit_progress progress = {.bytes = atomic_load(&audit->bytes)};
  (void)pthread_mutex_lock(&shared->mutex);
  progress.files = audit->finished;
  (void)pthread_mutex_unlock(&shared->mutex);
  return progress;
}

static struct node *take(struct dm_audit *audit) {
  (void)pthread_mutex_lock(&audit->mutex);
  struct node *node = audit->first;
  if (node != NULL) {
    audit->first = node->next;
    audit->last = node->next != NULL ? audit->last : NULL;
  }
  (void)pthread_mutex_unlock(&audit->mutex);
  return node;
}

static void free_node(struct node *node) {
  free(node->err);
  free(node);
}

bool dm_audit_take(struct dm_audit *audit, struct dm_audit_result *result) {
  struct node *node = take(audit);
  if (node == NULL)
    return false;
  result->index = node->index;
  result->size = node->size;
  result->hex = node->hex;
  result->status = node->err != NULL ? -1 : 0;
  if (node->err != NULL)
    result->err = *node->err;
  free_node(node);
  return true;
}

static struct timespec deadline(int milliseconds) {
  struct timespec time;
  (void)clock_gettime(CLOCK_MONOTONIC, &time);
  time.tv_sec += milliseconds / 1000;
  time.tv_nsec += (long)(milliseconds % 1000) * 1000000;
  if (time.tv_nsec >= 1000000000) {
    time.tv_sec++;
    time.tv_nsec -= 1000000000;
  }
  return time;
}

bool dm_audit_wait(struct dm_audit *audit, int milliseconds) {
  struct timespec until = deadline(milliseconds);
  int status = 0;
  (void)pthread_mutex_lock(&audit->mutex);
  while (status == 0 && audit->first == NULL && audit->finished < audit->count)
    status = pthread_cond_timedwait(&audit->changed, &audit->mutex, &until);
  bool done = audit->finished == audit->count;
  (void)pthread_mutex_unlock(&audit->mutex);
  return done;
}

void dm_audit_close(struct dm_audit *audit) {
  if (audit == NULL)
    return;
  atomic_store(&audit->stop, true);
  for (size_t i = 0; i < audit->running; i++)
    (void)pthread_join(audit->threads[i], NULL);
  for (struct node *node = NULL; (node = take(audit)) != NULL;)
    free_node(node);
  for (size_t i = 0; i < audit->count; i++)
    free(audit->files[i].path);
  free(audit->files);
  (void)pthread_cond_destroy(&audit->changed);
  (void)pthread_mutex_destroy(&audit->mutex);
  free(audit);
}
