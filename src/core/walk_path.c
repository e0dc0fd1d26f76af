/* Where the entries of a walk are. */
#include <string.h>

#include "datamaestro/walk.h"

const char *dm_walk_name(const struct dm_walk *walk, size_t index) {
  return walk->names + walk->entries[index].name;
}

static size_t path_size(const struct dm_walk *walk, size_t index) {
  size_t size = 0;
  for (; index != 0; index = walk->entries[index].parent)
    size += strlen(dm_walk_name(walk, index)) + 1;
  return size > 0 ? size - 1 : 0; /* no slash in front */
}

/* From its end to its beginning, as the entries lead up. */
size_t dm_walk_path(const struct dm_walk *walk, size_t index, char *out, size_t capacity) {
  size_t size = path_size(walk, index);
  size_t at = size;
  if (capacity == 0)
    return size;
  for (; index != 0; index = walk->entries[index].parent) {
    const char *name = dm_walk_name(walk, index);
    size_t length = strlen(name);
    at -= length;
    if (at < capacity)
      memcpy(out + at, name, at + length <= capacity ? length : capacity - at);
    if (at > 0 && --at < capacity)
      out[at] = '/';
  }
  out[size < capacity ? size : capacity - 1] = '\0';
  return size;
}

/* The entry of that name, of `size` bytes, in a folder; 0 for none. */
static size_t find_in(const struct dm_walk *walk, size_t folder, const char *name, size_t size) {
  size_t end = walk->entries[folder].end;
  for (size_t i = folder + 1; i < end; i = walk->entries[i].end) {
    const char *other = dm_walk_name(walk, i);
    if (strncmp(other, name, size) == 0 && other[size] == '\0')
      return i;
  }
  return 0;
}

size_t dm_walk_find(const struct dm_walk *walk, const char *path) {
  size_t index = 0;
  while (*path != '\0') {
    size_t size = strcspn(path, "/");
    index = find_in(walk, index, path, size);
    if (index == 0)
      return 0;
    path += size + (path[size] == '/');
  }
  return index;
}
