/* Random numbers that are the same on every machine: xoshiro256** (Blackman and Vigna, "Scrambled Linear
 * Pseudorandom Number Generators", 2018), its state filled by SplitMix64 (Steele, Lea and Flood, "Fast
 * Splittable Pseudorandom Number Generators", 2014), as its authors advise. Not for secrets. */
#ifndef DATAMAESTRO_RANDOM_H
#define DATAMAESTRO_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct dm_random {
  uint64_t state[4]; /* not all 0 */
};

/* Starts the `stream`th sequence of a seed: with S = SplitMix64 seeded by `seed`, the state is the first four
 * numbers of SplitMix64 seeded by (first number of S) + stream. */
void dm_random_seed(struct dm_random *random, uint64_t seed, uint64_t stream);

/* The next 64 random bits. */
uint64_t dm_random_next(struct dm_random *random);

/* A number from 0 to `bound` - 1, each as likely (Lemire, "Fast Random Integer Generation in an Interval",
 * 2019: the upper half of bits × bound, drawn again where the lower half is below 2^64 mod bound). `bound` is
 * not 0. */
uint64_t dm_random_below(struct dm_random *random, uint64_t bound);

/* Puts `count` numbers in an order of which each is as likely (Fisher and Yates, from the end: for i = count
 * - 1 down to 1 the number at i changes places with the one at dm_random_below(i + 1)). */
void dm_random_shuffle(struct dm_random *random, int64_t *numbers, size_t count);

#endif
