#include "datamaestro/random.h"

__extension__ typedef unsigned __int128 wide;

static uint64_t splitmix64(uint64_t *state) {
  *state += UINT64_C(0x9e3779b97f4a7c15);
  uint64_t bits = *state;
  bits = (bits ^ bits >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  bits = (bits ^ bits >> 27) * UINT64_C(0x94d049bb133111eb);
  return bits ^ bits >> 31;
}

static uint64_t rotate(uint64_t bits, int count) {
  return bits << count | bits >> (64 - count);
}

void dm_random_seed(struct dm_random *random, uint64_t seed, uint64_t stream) {
  uint64_t filler = splitmix64(&seed) + stream;
  for (int i = 0; i < 4; i++)
    random->state[i] = splitmix64(&filler);
}

uint64_t dm_random_next(struct dm_random *random) {
  uint64_t *state = random->state;
  uint64_t result = rotate(state[1] * 5, 7) * 9;
  uint64_t shifted = state[1] << 17;
  state[2] ^= state[0];
  state[3] ^= state[1];
  state[1] ^= state[2];
  state[0] ^= state[3];
  state[2] ^= shifted;
  state[3] = rotate(state[3], 45);
  return result;
}

uint64_t dm_random_below(struct dm_random *random, uint64_t bound) {
  wide product = (wide)dm_random_next(random) * bound;
  if ((uint64_t)product < bound) {
    uint64_t threshold = -bound % bound; /* 2^64 mod bound */
    while ((uint64_t)product < threshold)
      product = (wide)dm_random_next(random) * bound;
  }
  return (uint64_t)(product >> 64);
}

void dm_random_shuffle(struct dm_random *random, int64_t *numbers, size_t count) {
  for (size_t i = count; i > 1; i--) {
    size_t other = (size_t)dm_random_below(random, i);
    int64_t number = numbers[i - 1];
    numbers[i - 1] = numbers[other];
    numbers[other] = number;
  }
}
