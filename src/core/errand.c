#include "datamaestro/errand.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "datamaestro/thread.h"

enum { PIECE = 16 * 1024 * 1024 }; /* bytes that are copied at once */

struct dm_errand {
  pthread_t thread;
  dm_errand_work *work;
  void *context;
  int status;
  struct dm_error err;
  atomic_bool stop;
  atomic_bool done; /* set last: status and err are there then */
  _Atomic uint64_t bytes;
};

static void *run(void *argument) {
  struct dm_errand *errand = argument;
  errand->status = errand->work(errand, errand->context, &errand->err);
  atomic_store(&errand->done, true);
  return NULL;
}

int dm_errand_start(struct dm_errand **errand, dm_errand_work *work, void *context, struct dm_error *err) {
  struct dm_errand *fresh = calloc(1, sizeof *fresh);
  *errand = NULL;
  if (fresh == NULL)
    return dm_error_errno(err, ENOMEM, "work in the background");
  fresh->work = work;
  fresh->context = context;
  int cause = dm_thread_start(&fresh->thread, run, fresh);
  if (cause != 0) {
    free(fresh);
    return dm_error_errno(err, cause, "work in the background");
  }
  *errand = fresh;
  return 0;
}

bool dm_errand_stopped(void *errand) {
  return atomic_load(&((struct dm_errand *)errand)->stop);
}

void dm_errand_note(struct dm_errand *errand, uint64_t bytes) {
  atomic_store(&errand->bytes, bytes);
}

uint64_t dm_errand_bytes(const struct dm_errand *errand) {
  return atomic_load(&errand->bytes);
}

bool dm_errand_done(const struct dm_errand *errand) {
  return atomic_load(&errand->done);
}

int dm_errand_result(const struct dm_errand *errand, struct dm_error *err) {
  if (errand->status != 0)
    *err = errand->err;
  return errand->status;
}

void dm_errand_close(struct dm_errand *errand) {
  if (errand == NULL)
    return;
  atomic_store(&errand->stop, true);
  (void)pthread_join(errand->thread, NULL);
  free(errand);
}

int dm_errand_copy(struct dm_errand *errand, int from, int to, const char *subject, struct dm_error *err) {
  uint64_t done = 0;
  for (ssize_t copied = 1; copied != 0;) {
    if (dm_errand_stopped(errand))
      return dm_error_set(err, DM_ERROR_INTERRUPTED, "%s: interrupted", subject);
    copied = copy_file_range(from, NULL, to, NULL, PIECE, 0);
    if (copied < 0 && (errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS))
      copied = sendfile(to, from, NULL, PIECE); /* between file systems */
    if (copied < 0 && errno != EINTR)
      return dm_error_errno(err, errno, subject);
    done += copied > 0 ? (uint64_t)copied : 0;
    dm_errand_note(errand, done);
  }
  return 0;
}
