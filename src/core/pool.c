#include "datamaestro/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#include "datamaestro/thread.h"

/* Joined, not detached: what still runs when the pool is closed might be unloaded under it. */
struct worker {
  pthread_t thread;
  struct worker *next;
};

struct dm_pool {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  struct dm_job *first; /* of those that wait for a thread */
  struct dm_job *last;
  size_t waiting; /* jobs */
  size_t idle;    /* threads */
  struct worker *workers;
  size_t count; /* of them */
  size_t limit;
  bool closing;
};

int dm_pool_open(struct dm_pool **pool, size_t limit, struct dm_error *err) {
  struct dm_pool *fresh = calloc(1, sizeof *fresh);
  *pool = NULL;
  if (fresh == NULL)
    return dm_error_errno(err, ENOMEM, "threads");
  (void)pthread_mutex_init(&fresh->mutex, NULL);
  (void)pthread_cond_init(&fresh->changed, NULL);
  fresh->limit = limit;
  *pool = fresh;
  return 0;
}

/* Waits for a job, and takes it; NULL when the pool closes and none is left. Called with the mutex. */
static struct dm_job *take(struct dm_pool *pool) {
  pool->idle++;
  while (pool->first == NULL && !pool->closing)
    (void)pthread_cond_wait(&pool->changed, &pool->mutex);
  pool->idle--;
  struct dm_job *job = pool->first;
  if (job != NULL) {
    pool->first = job->next;
    pool->waiting--;
  }
  return job;
}

static void *work(void *opaque) {
  struct dm_pool *pool = opaque;
  struct dm_job *job = NULL;
  (void)pthread_mutex_lock(&pool->mutex);
  while ((job = take(pool)) != NULL) {
    (void)pthread_mutex_unlock(&pool->mutex);
    job->run(job->context); /* which may free it */
    (void)pthread_mutex_lock(&pool->mutex);
  }
  (void)pthread_mutex_unlock(&pool->mutex);
  return NULL;
}

static int start_worker(struct dm_pool *pool) {
  struct worker *worker = malloc(sizeof *worker);
  int status = worker != NULL ? dm_thread_start(&worker->thread, work, pool) : ENOMEM;
  if (status != 0) {
    free(worker);
    return status;
  }
  worker->next = pool->workers;
  pool->workers = worker;
  pool->count++;
  return 0;
}

int dm_pool_submit(struct dm_pool *pool, struct dm_job *job, struct dm_error *err) {
  int status = 0;
  (void)pthread_mutex_lock(&pool->mutex);
  if (pool->waiting >= pool->idle && pool->count < pool->limit)
    status = start_worker(pool);
  if (status == 0) {
    job->next = NULL;
    if (pool->first == NULL)
      pool->first = job;
    else
      pool->last->next = job;
    pool->last = job;
    pool->waiting++;
    (void)pthread_cond_signal(&pool->changed);
  }
  (void)pthread_mutex_unlock(&pool->mutex);
  return status == 0 ? 0 : dm_error_errno(err, status, "thread");
}

void dm_pool_close(struct dm_pool *pool) {
  if (pool == NULL)
    return;
  (void)pthread_mutex_lock(&pool->mutex);
  pool->closing = true;
  (void)pthread_cond_broadcast(&pool->changed);
  (void)pthread_mutex_unlock(&pool->mutex);
  while (pool->workers != NULL) {
    struct worker *worker = pool->workers;
    (void)pthread_join(worker->thread, NULL);
    pool->workers = worker->next;
    free(worker);
  }
  (void)pthread_cond_destroy(&pool->changed);
  (void)pthread_mutex_destroy(&pool->mutex);
  free(pool);
}
