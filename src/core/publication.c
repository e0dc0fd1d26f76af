#include "datamaestro/publication.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "datamaestro/file.h"
#include "datamaestro/thread.h"

struct dm_publication {
  pthread_t thread;
  atomic_bool finished; /* the thread has written what follows, and leaves */
  int status;
  struct dm_error err;
  char *part;
  char *path;
};

static void *publish(void *opaque) {
  struct dm_publication *publication = opaque;
  publication->status = dm_file_publish(publication->part, publication->path, &publication->err);
  atomic_store(&publication->finished, true);
  return NULL;
}

static void release(struct dm_publication *publication) {
  free(publication->part);
  free(publication->path);
  free(publication);
}

int dm_publication_start(struct dm_publication **publication, const char *part, const char *path,
                         struct dm_error *err) {
  struct dm_publication *fresh = calloc(1, sizeof *fresh);
  *publication = NULL;
  if (fresh == NULL)
    return dm_error_errno(err, ENOMEM, path);
  atomic_init(&fresh->finished, false);
  fresh->part = strdup(part);
  fresh->path = strdup(path);
  int status =
      fresh->part != NULL && fresh->path != NULL ? dm_thread_start(&fresh->thread, publish, fresh) : ENOMEM;
  if (status != 0) {
    release(fresh);
    return dm_error_errno(err, status, path);
  }
  *publication = fresh;
  return 0;
}

bool dm_publication_is_finished(struct dm_publication *publication) {
  return atomic_load(&publication->finished);
}

int dm_publication_wait(struct dm_publication *publication, struct dm_error *err) {
  if (publication == NULL)
    return 0;
  (void)pthread_join(publication->thread, NULL);
  int status = publication->status;
  if (status != 0)
    *err = publication->err;
  release(publication);
  return status;
}
