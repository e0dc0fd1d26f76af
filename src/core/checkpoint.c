#include "checkpoint.h"

#include <stdio.h>
#include <string.h>

#include "datamaestro/transfer.h"

void dm_checkpoint_open(struct dm_checkpoint *checkpoint) {
  (void)pthread_mutex_init(&checkpoint->mutex, NULL);
  (void)pthread_cond_init(&checkpoint->changed, NULL);
}

void dm_checkpoint_source(struct dm_checkpoint *checkpoint, const struct dm_journal_source *source) {
  (void)pthread_mutex_lock(&checkpoint->mutex);
  checkpoint->source = *source;
  (void)pthread_mutex_unlock(&checkpoint->mutex);
}

/* Without its journal a part is only of no use to others; without its bytes on the disk it must not be taken.
 */
static void write_note(void *opaque) {
  struct dm_checkpoint *checkpoint = opaque;
  struct dm_error unused;
  struct dm_error err;
  bool failed = dm_spool_sync(checkpoint->spool, &err) != 0;
  if (!failed)
    (void)dm_journal_write(checkpoint->path, &checkpoint->record, &unused);
  (void)pthread_mutex_lock(&checkpoint->mutex);
  checkpoint->busy = false;
  checkpoint->done = checkpoint->record.offset;
  if (failed && !checkpoint->failed) {
    checkpoint->failed = true;
    checkpoint->err = err;
  }
  (void)pthread_cond_broadcast(&checkpoint->changed);
  (void)pthread_mutex_unlock(&checkpoint->mutex);
}

bool dm_checkpoint_is_free(struct dm_checkpoint *checkpoint) {
  (void)pthread_mutex_lock(&checkpoint->mutex);
  bool is_free = !checkpoint->busy && checkpoint->source.url_digest[0] != '\0';
  (void)pthread_mutex_unlock(&checkpoint->mutex);
  return is_free;
}

void dm_checkpoint_note(struct dm_checkpoint *checkpoint, uint64_t offset, enum dm_digest_kind kind,
                        const char *hex) {
  struct dm_error unused;
  (void)pthread_mutex_lock(&checkpoint->mutex);
  bool skip = checkpoint->busy || checkpoint->source.url_digest[0] == '\0';
  if (!skip) {
    checkpoint->busy = true;
    checkpoint->record.source = checkpoint->source;
    checkpoint->record.kind = kind;
    checkpoint->record.offset = offset;
    (void)snprintf(checkpoint->record.digest, sizeof checkpoint->record.digest, "%s", hex);
    checkpoint->job = (struct dm_job){.run = write_note, .context = checkpoint};
  }
  (void)pthread_mutex_unlock(&checkpoint->mutex);
  if (!skip && dm_pool_submit(checkpoint->pool, &checkpoint->job, &unused) != 0) {
    (void)pthread_mutex_lock(&checkpoint->mutex);
    checkpoint->busy = false;
    (void)pthread_mutex_unlock(&checkpoint->mutex);
  }
}

void dm_checkpoint_hold(struct dm_checkpoint *checkpoint, uint64_t received) {
  (void)pthread_mutex_lock(&checkpoint->mutex);
  while (checkpoint->busy && received > checkpoint->done + DM_TRANSFER_HOLD)
    (void)pthread_cond_wait(&checkpoint->changed, &checkpoint->mutex);
  (void)pthread_mutex_unlock(&checkpoint->mutex);
}

int dm_checkpoint_wait(struct dm_checkpoint *checkpoint, struct dm_error *err) {
  (void)pthread_mutex_lock(&checkpoint->mutex);
  while (checkpoint->busy)
    (void)pthread_cond_wait(&checkpoint->changed, &checkpoint->mutex);
  bool failed = checkpoint->failed;
  (void)pthread_mutex_unlock(&checkpoint->mutex);
  if (failed)
    *err = checkpoint->err;
  return failed ? -1 : 0;
}

void dm_checkpoint_close(struct dm_checkpoint *checkpoint) {
  struct dm_error unused;
  (void)dm_checkpoint_wait(checkpoint, &unused);
  (void)pthread_cond_destroy(&checkpoint->changed);
  (void)pthread_mutex_destroy(&checkpoint->mutex);
}
