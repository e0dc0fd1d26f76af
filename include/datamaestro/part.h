/* A file under way: written in order by one writer, and brought to the disk meanwhile. */
#ifndef DATAMAESTRO_PART_H
#define DATAMAESTRO_PART_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datamaestro/error.h"
#include "datamaestro/reader.h"

enum { DM_PART_RESERVE_FROM = 1024 * 1024 }; /* bytes: a smaller file is written at once */

/* It is its writer's alone, so its name must be new. */
struct dm_part {
  int fd;            /* -1 when closed */
  const char *path;  /* the caller's */
  uint64_t size;     /* bytes written */
  uint64_t begun;    /* bytes whose way to the disk was begun */
  uint64_t reserved; /* bytes that have a place on the disk */
  bool started;      /* `thread` is to be joined */
  pthread_t thread;  /* runs one fdatasync */
  atomic_bool busy;  /* it is still at it */
  int cause;         /* its error number, 0 for none; the thread's until it is joined */
};

/* Creates `path`, which must not exist (mode 0666 less umask). */
int dm_part_open(struct dm_part *part, const char *path, struct dm_error *err);

/* Appends. Every few megabytes a thread brings what is written to the disk, so that the fsync that
 * follows the last byte has little left to do. */
int dm_part_write(struct dm_part *part, const void *bytes, size_t size, struct dm_error *err);

/* Brings the file to the disk, closes and keeps it. On failure, to write anything since it was opened, it is
 * removed. */
int dm_part_finish(struct dm_part *part, struct dm_error *err);

/* Makes the new file `path` of all that a reader has; `*size` is what came. It is on disk when this returns;
 * on failure it is removed. */
int dm_part_fill(const char *path, struct dm_reader *reader, uint64_t *size, struct dm_error *err);

/* Closes and removes the file; closed is fine (and removes nothing). */
void dm_part_discard(struct dm_part *part);

#endif
