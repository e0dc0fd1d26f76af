/* How much room the entries of a walk take. */
#include <errno.h>
#include <stdlib.h>

#include "datamaestro/walk.h"

void dm_walk_own(struct dm_walk *walk, size_t index, uint32_t owner) {
  for (size_t i = index; i < walk->entries[index].end; i++)
    walk->entries[i].owner = owner;
}

static bool has_other_names(const struct dm_walk_entry *entry) {
  return entry->type != DM_WALK_FOLDER && entry->links > 1;
}

static void add(struct dm_walk_sum *sum, const struct dm_walk_entry *entry, bool is_shared) {
  sum->bytes += entry->type == DM_WALK_FOLDER ? 0 : entry->size;
  sum->disk += entry->disk;
  sum->shared += is_shared ? entry->disk : 0;
}

/* Two indices: by file, then by owner. */
static int compare(const void *one, const void *other, void *entries) {
  const struct dm_walk_entry *a = (const struct dm_walk_entry *)entries + *(const size_t *)one;
  const struct dm_walk_entry *b = (const struct dm_walk_entry *)entries + *(const size_t *)other;
  if (a->device != b->device)
    return a->device < b->device ? -1 : 1;
  if (a->inode != b->inode)
    return a->inode < b->inode ? -1 : 1;
  return (a->owner > b->owner) - (a->owner < b->owner);
}

static bool is_one_file(const struct dm_walk_entry *one, const struct dm_walk_entry *other) {
  return one->device == other->device && one->inode == other->inode;
}

/* Adds the names of one file, indices by owner: once for each owner, and once for all together. */
static void add_file(const struct dm_walk_entry *entries, const size_t *names, size_t count,
                     struct dm_walk_sum *sums, size_t owners) {
  const struct dm_walk_entry *first = &entries[names[0]];
  bool is_shared = first->owner != entries[names[count - 1]].owner;
  for (size_t i = 0; i < count; i++) {
    uint32_t owner = entries[names[i]].owner;
    if (owner < owners && (i == 0 || owner != entries[names[i - 1]].owner))
      add(&sums[owner], first, is_shared);
  }
  add(&sums[owners], first, false);
}

static void add_files(const struct dm_walk *walk, size_t *names, size_t count, struct dm_walk_sum *sums,
                      size_t owners) {
  const struct dm_walk_entry *entries = walk->entries;
  qsort_r(names, count, sizeof *names, compare, walk->entries);
  for (size_t first = 0, next = 0; first < count; first = next) {
    for (next = first + 1; next < count && is_one_file(&entries[names[first]], &entries[names[next]]);)
      next++;
    add_file(entries, names + first, next - first, sums, owners);
  }
}

static void count_name(const struct dm_walk_entry *entry, struct dm_walk_sum *sums, size_t owners) {
  if (entry->type == DM_WALK_FOLDER)
    return;
  if (entry->owner < owners)
    sums[entry->owner].files++;
  sums[owners].files++;
}

/* Adds up a range; files with several names in the end, for which they are put together. */
static int add_range(const struct dm_walk *walk, size_t first, size_t end, struct dm_walk_sum *sums,
                     size_t owners, struct dm_error *err) {
  size_t several = 0;
  for (size_t i = first; i < end; i++)
    several += has_other_names(&walk->entries[i]);
  size_t *names = calloc(several + 1, sizeof *names);
  if (names == NULL)
    return dm_error_errno(err, ENOMEM, walk->folder);
  several = 0;
  for (size_t i = first; i < end; i++) {
    const struct dm_walk_entry *entry = &walk->entries[i];
    count_name(entry, sums, owners);
    if (has_other_names(entry)) {
      names[several++] = i;
      continue;
    }
    if (entry->owner < owners)
      add(&sums[entry->owner], entry, false);
    add(&sums[owners], entry, false);
  }
  add_files(walk, names, several, sums, owners);
  free(names);
  return 0;
}

int dm_walk_sum(const struct dm_walk *walk, struct dm_walk_sum *sums, size_t count, struct dm_error *err) {
  for (size_t i = 0; i <= count; i++)
    sums[i] = (struct dm_walk_sum){.files = 0};
  return add_range(walk, 0, walk->count, sums, count, err);
}

int dm_walk_measure(const struct dm_walk *walk, size_t index, struct dm_walk_sum *sum, struct dm_error *err) {
  *sum = (struct dm_walk_sum){.files = 0};
  return add_range(walk, index, walk->entries[index].end, sum, 0, err);
}
