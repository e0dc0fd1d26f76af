"""The orders of shuffled epochs, from the description in include/datamaestro/random.h alone:
order_by_python.py COUNT SEED EPOCH prints the numbers from 1 on, in order."""
import sys

MASK = 2**64 - 1


def splitmix64(seed):
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        bits = seed
        bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & MASK
        yield bits ^ (bits >> 31)


def rotate(bits, count):
    return ((bits << count) | (bits >> (64 - count))) & MASK


def xoshiro256(state):
    while True:
        yield (rotate((state[1] * 5) & MASK, 7) * 9) & MASK
        shifted = (state[1] << 17) & MASK
        state[2] ^= state[0]
        state[3] ^= state[1]
        state[1] ^= state[2]
        state[0] ^= state[3]
        state[2] ^= shifted
        state[3] = rotate(state[3], 45)


def below(random, bound):
    while True:
        product = next(random) * bound
        if product & MASK >= 2**64 % bound:
            return product >> 64


count, seed, epoch = (int(argument) for argument in sys.argv[1:])
filler = splitmix64((next(splitmix64(seed & MASK)) + epoch) & MASK)
random = xoshiro256([next(filler) for _ in range(4)])
order = list(range(1, count + 1))
for i in range(count - 1, 0, -1):
    other = below(random, i + 1)
    order[i], order[other] = order[other], order[i]
print(" ".join(map(str, order)))
