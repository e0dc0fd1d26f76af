/* Follows the bytes of a download on a thread of its own, while they come: digests them as served, decodes or
 * unpacks them, writes and digests the content, and brings it to the disk. */
#ifndef DATAMAESTRO_FOLLOWER_H
#define DATAMAESTRO_FOLLOWER_H

#include <stdatomic.h>
#include <stdbool.h>

#include "checkpoint.h"
#include "datamaestro/pool.h"
#include "datamaestro/reader.h"
#include "datamaestro/spool.h"
#include "datamaestro/transfer.h"

enum dm_follower_outcome {
  DM_FOLLOWER_DONE,
  DM_FOLLOWER_STOPPED,   /* as asked by dm_spool_stop */
  DM_FOLLOWER_MISMATCH,  /* the part file of before is not what its journal says */
  DM_FOLLOWER_RESTARTED, /* only while it runs: the bytes begin anew */
  DM_FOLLOWER_FAILED,
};

struct dm_follower {
  /* Set by the owner before it is started. */
  const struct dm_transfer_request *request;
  struct dm_spool *spool;
  struct dm_checkpoint *checkpoint; /* notes what can be resumed */
  const char *asked;                /* the URL, printable; read with `mutex` */
  pthread_mutex_t *mutex;
  struct dm_journal_record start; /* offset > 0: what must be true of the part file of before */
  void (*notify)(void *context);  /* called on its thread when `verified` or `finished` is new */
  void *context;
  /* Set while it runs. */
  atomic_bool verified;          /* the bytes before start.offset are right */
  atomic_bool finished;          /* all that follows may be read */
  atomic_uint_fast64_t position; /* bytes digested so far */
  enum dm_follower_outcome outcome;
  struct dm_error err; /* for DM_FOLLOWER_FAILED */
  struct dm_digest_hex digests;
  uint64_t content_size; /* bytes; of all files of an archive */
  uint64_t entries;      /* members of an archive */
  uint64_t garbage;      /* bytes after the compressed data, ignored */
  struct dm_digest_hex content_digests;
  /* Its own. */
  char subject[DM_HTTP_URL_SIZE]; /* names the bytes in errors: the URL when the first of them came */
  struct dm_reader reader;
  struct dm_digest digest;
  uint64_t noted;   /* bytes at the last checkpoint */
  int64_t began;    /* milliseconds */
  int64_t noted_at; /* milliseconds */
  struct dm_job job;
};

/* Starts it on a thread of `pool`. */
int dm_follower_start(struct dm_follower *follower, struct dm_pool *pool, struct dm_error *err);

/* Tells it to give up. Where another process is `to_resume`, it notes how far it came. */
void dm_follower_stop(const struct dm_follower *follower, bool to_resume);

#endif
