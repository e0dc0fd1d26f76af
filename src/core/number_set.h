/* A set of many 64-bit numbers that are spread evenly, such as hashes. */
#ifndef DATAMAESTRO_NUMBER_SET_H
#define DATAMAESTRO_NUMBER_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DM_NUMBER_SHARDS = 64 };

/* Cut into shards that grow one by one and by half: growing takes little memory for a moment, and there are 9
 * to 14 bytes for each number. All zeros is the empty set. */
struct dm_number_set {
  struct dm_number_shard {
    uint64_t *slots; /* 0: free */
    size_t size;     /* slots */
    size_t count;    /* of them taken */
  } shards[DM_NUMBER_SHARDS];
};

bool dm_number_set_has(const struct dm_number_set *set, uint64_t number);

/* Adds a number that is not in it; -1 for want of memory. */
int dm_number_set_add(struct dm_number_set *set, uint64_t number);

/* Frees; empty is fine. */
void dm_number_set_clear(struct dm_number_set *set);

#endif
