"""What the fault server serves where it is not told of a file."""
import functools
import hashlib

BODY = bytes(range(256)) * 16  # 4096 bytes


@functools.lru_cache(maxsize=8)
def generate(seed, size):
    """`size` bytes that depend on the seed alone, and that no compression makes smaller."""
    return hashlib.shake_128(str(seed).encode()).digest(size)


def damage(body, at=None):
    """The bytes with one of them turned over, by default the one in the middle."""
    wrong = bytearray(body)
    wrong[len(wrong) // 2 if at is None else at] ^= 0xff
    return bytes(wrong)
