#include "datamaestro/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "walk_parts.h"

/* --- What is there ------------------------------------------------------------------------------ */

static enum dm_walk_type type_of(uint16_t mode) {
  if (S_ISREG(mode))
    return DM_WALK_FILE;
  if (S_ISDIR(mode))
    return DM_WALK_FOLDER;
  return S_ISLNK(mode) ? DM_WALK_LINK : DM_WALK_SPECIAL;
}

/* Of files the device proves nothing: overlays give them those of the layer that they are in. */
static bool is_mount(const struct statx *info, const struct dm_walk_entry *entry, uint64_t device) {
  if ((info->stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0)
    return true;
  return entry->type == DM_WALK_FOLDER && entry->device != device;
}

int dm_walk_look(int folder, const char *name, uint64_t device, struct dm_walk_entry *entry) {
  struct statx info;
  int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (name[0] == '\0' ? AT_EMPTY_PATH : 0);
  if (statx(folder, name, flags, STATX_BASIC_STATS, &info) != 0)
    return -1;
  entry->device = (uint64_t)info.stx_dev_major << 32 | info.stx_dev_minor;
  entry->inode = info.stx_ino;
  entry->size = info.stx_size;
  entry->disk = info.stx_blocks * 512;
  entry->mtime_ns = (int64_t)info.stx_mtime.tv_sec * 1000000000 + info.stx_mtime.tv_nsec;
  entry->links = info.stx_nlink;
  entry->type = type_of(info.stx_mode);
  entry->mark = is_mount(&info, entry, device) ? DM_WALK_MOUNT : DM_WALK_SEEN;
  return 0;
}

bool dm_walk_same(const struct dm_walk_entry *one, const struct dm_walk_entry *other) {
  return one->device == other->device && one->inode == other->inode && one->type == other->type;
}

/* --- The list ----------------------------------------------------------------------------------- */

static int fail(const struct dm_walk *walk, struct dm_error *err) {
  (void)dm_error_errno(err, errno, walk->folder);
  return -1;
}

static int fail_memory(const struct dm_walk *walk, struct dm_error *err) {
  (void)dm_error_errno(err, ENOMEM, walk->folder);
  return -1;
}

/* Grows an array of `*capacity` items of `size` bytes to `needed` at least; NULL without memory, and then it
 * is as it was. */
static void *grow(void *items, size_t *capacity, size_t needed, size_t size) {
  size_t wanted = *capacity > 0 ? *capacity : 256;
  size_t bytes = 0;
  while (wanted < needed)
    wanted *= 2;
  if (wanted == *capacity)
    return items;
  if (__builtin_mul_overflow(wanted, size, &bytes))
    return NULL;
  void *grown = realloc(items, bytes);
  if (grown != NULL)
    *capacity = wanted;
  return grown;
}

static int add_name(struct dm_walk *walk, const char *name, size_t *where, struct dm_error *err) {
  size_t size = strlen(name) + 1;
  char *names = grow(walk->names, &walk->names_capacity, walk->names_size + size, 1);
  if (names == NULL)
    return fail_memory(walk, err);
  walk->names = names;
  memcpy(walk->names + walk->names_size, name, size);
  *where = walk->names_size;
  walk->names_size += size;
  return 0;
}

/* Adds an entry of a name that is there; unread until more is known of it. */
static int add_entry(struct dm_walk *walk, size_t name, size_t parent, struct dm_error *err) {
  struct dm_walk_entry *entries =
      grow(walk->entries, &walk->capacity, walk->count + 1, sizeof *walk->entries);
  if (entries == NULL)
    return fail_memory(walk, err);
  walk->entries = entries;
  walk->entries[walk->count] = (struct dm_walk_entry){.name = name,
                                                      .parent = parent,
                                                      .end = walk->count + 1,
                                                      .type = DM_WALK_SPECIAL,
                                                      .mark = DM_WALK_UNREAD};
  walk->count++;
  return 0;
}

/* --- The walk ----------------------------------------------------------------------------------- */

/* Where the names of one folder begin in the walk's. */
struct names {
  size_t *items;
  size_t count;
  size_t capacity;
};

static int keep_name(struct dm_walk *walk, struct names *names, const char *name, struct dm_error *err) {
  if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
    return 0;
  size_t *items = grow(names->items, &names->capacity, names->count + 1, sizeof *names->items);
  if (items == NULL)
    return fail_memory(walk, err);
  names->items = items;
  if (add_name(walk, name, &names->items[names->count], err) != 0)
    return -1;
  names->count++;
  return 0;
}

static int compare_names(const void *one, const void *other, void *names) {
  const char *bytes = names;
  return strcmp(bytes + *(const size_t *)one, bytes + *(const size_t *)other);
}

/* All names of a folder, sorted; what cannot be read to the end is marked. */
static int read_names(struct dm_walk *walk, size_t index, DIR *folder, struct names *names,
                      struct dm_error *err) {
  int status = 0;
  errno = 0;
  for (struct dirent *entry = NULL; status == 0 && (entry = readdir(folder)) != NULL; errno = 0)
    status = keep_name(walk, names, entry->d_name, err);
  if (status == 0 && errno != 0)
    walk->entries[index].mark = DM_WALK_UNREAD;
  if (status == 0 && names->count > 1)
    qsort_r(names->items, names->count, sizeof *names->items, compare_names, walk->names);
  return status;
}

static int walk_names(struct dm_walk *walk, size_t index, int folder, int depth, const struct names *names,
                      struct dm_error *err);

/* All in the open folder of an entry, which is closed then. */
static int walk_folder(struct dm_walk *walk, size_t index, int fd, int depth, struct dm_error *err) {
  struct names names = {.items = NULL};
  DIR *folder = fdopendir(fd);
  if (folder == NULL) {
    (void)close(fd);
    return fail_memory(walk, err);
  }
  int status = read_names(walk, index, folder, &names, err);
  if (status == 0)
    status = walk_names(walk, index, dirfd(folder), depth, &names, err);
  free(names.items);
  (void)closedir(folder);
  return status;
}

/* Opens the folder of an entry, if it still is the one that was seen; -1 otherwise. */
static int open_seen(const struct dm_walk *walk, size_t index, int parent) {
  const struct dm_walk_entry *entry = &walk->entries[index];
  struct dm_walk_entry now;
  int fd = openat(parent, walk->names + entry->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0)
    return -1;
  if (dm_walk_look(fd, "", entry->device, &now) == 0 && dm_walk_same(entry, &now))
    return fd;
  (void)close(fd);
  return -1;
}

/* One name of the open folder of `parent`. */
static int walk_name(struct dm_walk *walk, size_t parent, int folder, int depth, size_t name,
                     struct dm_error *err) {
  struct dm_walk_entry seen = {.mark = DM_WALK_UNREAD, .type = DM_WALK_SPECIAL};
  if (dm_walk_look(folder, walk->names + name, walk->entries[0].device, &seen) != 0 && errno == ENOENT)
    return 0;
  size_t index = walk->count;
  if (add_entry(walk, name, parent, err) != 0)
    return -1;
  seen.name = name;
  seen.parent = parent;
  seen.end = index + 1;
  walk->entries[index] = seen;
  if (seen.type != DM_WALK_FOLDER || seen.mark != DM_WALK_SEEN)
    return 0;
  int fd = depth < DM_WALK_DEPTH ? open_seen(walk, index, folder) : -1;
  if (fd < 0) {
    walk->entries[index].mark = DM_WALK_UNREAD;
    return 0;
  }
  return walk_folder(walk, index, fd, depth + 1, err);
}

static int walk_names(struct dm_walk *walk, size_t index, int folder, int depth, const struct names *names,
                      struct dm_error *err) {
  for (size_t i = 0; i < names->count; i++)
    if (walk_name(walk, index, folder, depth, names->items[i], err) != 0)
      return -1;
  walk->entries[index].end = walk->count;
  return 0;
}

static int walk_only(struct dm_walk *walk, const char *const *only, struct dm_error *err) {
  struct names names = {.items = NULL};
  int status = 0;
  for (; status == 0 && *only != NULL; only++)
    status = keep_name(walk, &names, *only, err);
  if (status == 0 && names.count > 1)
    qsort_r(names.items, names.count, sizeof *names.items, compare_names, walk->names);
  if (status == 0)
    status = walk_names(walk, 0, walk->root, 1, &names, err);
  free(names.items);
  return status;
}

static int walk_all(struct dm_walk *walk, struct dm_error *err) {
  int fd = openat(walk->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return fail(walk, err);
  return walk_folder(walk, 0, fd, 1, err);
}

/* Opens the folder and makes its entry. */
static int begin(struct dm_walk *walk, struct dm_error *err) {
  size_t name = 0;
  walk->root = open(walk->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (walk->root < 0)
    return fail(walk, err);
  if (add_name(walk, "", &name, err) != 0 || add_entry(walk, name, 0, err) != 0)
    return -1;
  if (dm_walk_look(walk->root, "", 0, &walk->entries[0]) != 0)
    return fail(walk, err);
  walk->entries[0].mark = DM_WALK_SEEN; /* it may well be where a disk is mounted */
  return 0;
}

int dm_walk_open(struct dm_walk **walk, const char *folder, const char *const *only, struct dm_error *err) {
  struct dm_walk *fresh = calloc(1, sizeof *fresh);
  *walk = NULL;
  if (fresh != NULL) {
    fresh->root = -1;
    fresh->folder = strdup(folder);
  }
  if (fresh == NULL || fresh->folder == NULL) {
    free(fresh);
    return dm_error_errno(err, ENOMEM, folder);
  }
  int status = begin(fresh, err);
  if (status == 0)
    status = only != NULL ? walk_only(fresh, only, err) : walk_all(fresh, err);
  if (status != 0) {
    dm_walk_close(fresh);
    return -1;
  }
  *walk = fresh;
  return 0;
}

void dm_walk_close(struct dm_walk *walk) {
  if (walk == NULL)
    return;
  if (walk->root >= 0)
    (void)close(walk->root);
  free(walk->folder);
  free(walk->entries);
  free(walk->names);
  free(walk);
}
