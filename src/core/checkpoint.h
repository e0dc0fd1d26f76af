/* Notes, every few megabytes, how much of a part file is on the disk and can be resumed. The disk's work is
 * done on a thread of its own, one note at a time. */
#ifndef DATAMAESTRO_CHECKPOINT_H
#define DATAMAESTRO_CHECKPOINT_H

#include <pthread.h>
#include <stdbool.h>

#include "datamaestro/journal.h"
#include "datamaestro/pool.h"
#include "datamaestro/spool.h"

struct dm_checkpoint {
  const char *path; /* of the journal; the owner's, as the next two */
  struct dm_pool *pool;
  struct dm_spool *spool;
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  struct dm_journal_source source; /* url_digest "": nothing can be resumed */
  bool busy;                       /* a note is under way */
  uint64_t done;                   /* bytes that the last note spoke of */
  bool failed;                     /* the disk refused the part file: `err` says why */
  struct dm_error err;
  struct dm_journal_record record; /* that note's */
  struct dm_job job;
};

/* Prepares; the first three members are set. */
void dm_checkpoint_open(struct dm_checkpoint *checkpoint);

/* Says where the bytes come from, from now on. */
void dm_checkpoint_source(struct dm_checkpoint *checkpoint, const struct dm_journal_source *source);

/* Whether a note could begin now. */
bool dm_checkpoint_is_free(struct dm_checkpoint *checkpoint);

/* Begins a note that the first `offset` bytes have the digest `hex`, unless one is under way still. */
void dm_checkpoint_note(struct dm_checkpoint *checkpoint, uint64_t offset, enum dm_digest_kind kind,
                        const char *hex);

/* Waits for the note that is under way, if more than DM_TRANSFER_HOLD bytes of `received` are not on the
 * disk: the disk has to take them in the end, and what it has not is lost with the process. */
void dm_checkpoint_hold(struct dm_checkpoint *checkpoint, uint64_t received);

/* Waits for the note that is under way; -1 when the disk has ever refused the part file, which the system
 * tells only once. */
int dm_checkpoint_wait(struct dm_checkpoint *checkpoint, struct dm_error *err);

/* Waits, frees. */
void dm_checkpoint_close(struct dm_checkpoint *checkpoint);

#endif
