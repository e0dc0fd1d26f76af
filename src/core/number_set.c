#include "number_set.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 16 };

/* 0 marks what is free, so it shares the place of 1. */
static uint64_t key_of(uint64_t number) {
  return number != 0 ? number : 1;
}

static size_t shard_of(uint64_t key) {
  return (size_t)(key >> 58);
}

/* The slot of `key`, or the free one where it would stand: there always is one. */
static uint64_t *find(const struct dm_number_shard *shard, uint64_t key) {
  size_t index = (size_t)((key & UINT32_MAX) * shard->size >> 32);
  while (shard->slots[index] != 0 && shard->slots[index] != key)
    index = index + 1 < shard->size ? index + 1 : 0;
  return &shard->slots[index];
}

bool dm_number_set_has(const struct dm_number_set *set, uint64_t number) {
  uint64_t key = key_of(number);
  const struct dm_number_shard *shard = &set->shards[shard_of(key)];
  return shard->size > 0 && *find(shard, key) != 0;
}

static int grow(struct dm_number_shard *shard) {
  struct dm_number_shard larger = {.size = shard->size > 0 ? shard->size + shard->size / 2 : FIRST_SIZE};
  larger.slots = calloc(larger.size, sizeof *larger.slots);
  if (larger.slots == NULL)
    return -1;
  for (size_t i = 0; i < shard->size; i++)
    if (shard->slots[i] != 0)
      *find(&larger, shard->slots[i]) = shard->slots[i];
  larger.count = shard->count;
  free(shard->slots);
  *shard = larger;
  return 0;
}

int dm_number_set_add(struct dm_number_set *set, uint64_t number) {
  uint64_t key = key_of(number);
  struct dm_number_shard *shard = &set->shards[shard_of(key)];
  if (shard->count >= shard->size - shard->size / 8 && grow(shard) != 0)
    return -1;
  *find(shard, key) = key;
  shard->count++;
  return 0;
}

void dm_number_set_clear(struct dm_number_set *set) {
  for (size_t i = 0; i < DM_NUMBER_SHARDS; i++)
    free(set->shards[i].slots);
  memset(set, 0, sizeof *set);
}
