/* Threads that run jobs, which may wait for the network or the disk: one a job that is under way, kept for
 * the next ones. */
#ifndef DATAMAESTRO_POOL_H
#define DATAMAESTRO_POOL_H

#include <stddef.h>

#include "datamaestro/error.h"

struct dm_pool; /* freed by dm_pool_close */

/* The caller's, and must live until `run` has returned. */
struct dm_job {
  void (*run)(void *context);
  void *context;
  struct dm_job *next; /* the pool's */
};

/* Starts no thread yet, and never more than `limit`; fails for want of memory. */
int dm_pool_open(struct dm_pool **pool, size_t limit, struct dm_error *err);

/* Runs the job on a thread of its own, when there are `limit` already after others; fails when there is none
 * to be had. */
int dm_pool_submit(struct dm_pool *pool, struct dm_job *job, struct dm_error *err);

/* Waits for all jobs, frees; NULL is fine. */
void dm_pool_close(struct dm_pool *pool);

#endif
