#include "datamaestro/storage.h"

#include <stdint.h>
#include <stdlib.h>

#include "datamaestro/file.h"

static void release_mapping(struct dm_storage *storage) {
  struct dm_mapping mapping = {.map = storage->bytes, .size = storage->size};
  dm_mapping_close(&mapping);
}

static void release_memory(struct dm_storage *storage) {
  free(storage->bytes);
}

static struct dm_storage *new_storage(void (*release)(struct dm_storage *), struct dm_error *err) {
  struct dm_storage *storage = malloc(sizeof *storage);
  if (storage == NULL)
    (void)dm_error_set(err, DM_ERROR, "storage: not enough memory");
  else
    *storage = (struct dm_storage){.references = 1, .release = release};
  return storage;
}

struct dm_storage *dm_storage_map(const char *path, struct dm_error *err) {
  struct dm_mapping mapping;
  struct dm_storage *storage = new_storage(release_mapping, err);
  if (storage == NULL)
    return NULL;
  if (dm_mapping_open(&mapping, path, err) != 0) {
    free(storage);
    return NULL;
  }
  storage->bytes = mapping.map;
  storage->size = mapping.size;
  return storage;
}

struct dm_storage *dm_storage_alloc(size_t size, struct dm_error *err) {
  struct dm_storage *storage = new_storage(release_memory, err);
  if (storage == NULL)
    return NULL;
  /* More than PTRDIFF_MAX bytes cannot be had, and malloc need not be asked. */
  storage->bytes = size <= PTRDIFF_MAX ? malloc(size > 0 ? size : 1) : NULL;
  storage->size = size;
  if (storage->bytes == NULL) {
    (void)dm_error_set(err, DM_ERROR, "storage: not enough memory for %zu bytes", size);
    free(storage);
    return NULL;
  }
  return storage;
}

bool dm_storage_is_memory(const struct dm_storage *storage) {
  return storage->release == release_memory;
}

struct dm_storage *dm_storage_retain(struct dm_storage *storage) {
  storage->references++;
  return storage;
}

void dm_storage_release(struct dm_storage *storage) {
  if (storage == NULL || --storage->references > 0)
    return;
  storage->release(storage);
  free(storage);
}
