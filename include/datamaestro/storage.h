/* Storages: bytes that several tensors look into. A mapped file and own memory are the two kinds;
 * another kind is another `release` function and a constructor that fills in the struct.
 *
 * A storage counts its references and is not for two threads at once. */
#ifndef DATAMAESTRO_STORAGE_H
#define DATAMAESTRO_STORAGE_H

#include <stdbool.h>
#include <stddef.h>

#include "datamaestro/error.h"

struct dm_storage {
  unsigned char *bytes; /* may be NULL when size is 0; of a mapped file never written */
  size_t size;          /* bytes */
  size_t references;    /* 1 at creation */
  void (*release)(struct dm_storage *storage); /* frees the bytes, not the struct */
};

/* Maps the regular file `path` without reading it. A later truncation of the file by others kills the
 * process that reads there (SIGBUS), so data files are replaced by rename, never rewritten.
 * NULL with `err` filled on failure. */
struct dm_storage *dm_storage_map(const char *path, struct dm_error *err);

/* `size` bytes of own memory, not initialised. NULL with `err` filled on failure. */
struct dm_storage *dm_storage_alloc(size_t size, struct dm_error *err);

/* Whether the bytes are own memory, which may be written. */
bool dm_storage_is_memory(const struct dm_storage *storage);

/* One more owner; returns its argument. */
struct dm_storage *dm_storage_retain(struct dm_storage *storage);

/* One owner less, the last of whom frees; NULL is fine. */
void dm_storage_release(struct dm_storage *storage);

#endif
