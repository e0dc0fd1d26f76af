"""Writes IDX files and, in expected.lua, what NumPy says of them: idx_by_numpy.py FOLDER [REAL_FILE]."""
import math
import sys

import numpy as np

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
folder = sys.argv[1]
random = np.random.default_rng(20240229)


def number(value):
    value = value.item()
    if isinstance(value, int):
        return str(value) if value > -(2**63) else "math.mininteger"
    if math.isnan(value):
        return "0/0"
    if math.isinf(value):
        return "math.huge" if value > 0 else "-math.huge"
    return value.hex()


def write_idx(path, array):
    with open(path, "wb") as file:
        file.write(bytes([0, 0, CODES[array.dtype.str[1:]], array.ndim]))
        file.write(np.array(array.shape, ">u4").tobytes())
        file.write(array.astype(array.dtype.newbyteorder(">")).tobytes())


def total(array):
    if array.dtype.kind in "iu":
        return str(sum(array.ravel().tolist()))
    try:
        return number(np.float64(math.fsum(array.ravel().tolist())))
    except (OverflowError, ValueError):  # NaN, or infinities of both signs
        with np.errstate(all="ignore"):
            return number(np.float64(array.astype("f8").sum()))


def lua_string(data):
    return '"' + "".join("\\x%02x" % byte for byte in data) + '"'


def describe(out, name, array):
    write_idx(f"{folder}/{name}.idx", array)
    fields = {
        "dtype": f'"{array.dtype.name}"',
        "shape": "{" + ", ".join(map(str, array.shape)) + "}",
        "sum": total(array),
        "text": lua_string(str(array).encode()),
        "bytes": lua_string(array.tobytes()) if array.size < 3000 else "nil",
        "reversed": lua_string(array.T.tobytes()) if array.size < 3000 else "nil",
    }
    if array.size:
        with np.errstate(all="ignore"):
            fields.update(min=number(array.min()), max=number(array.max()), mean=number(array.mean(dtype="f8")))
    out.write("{ name = %s, %s },\n" % (lua_string(name.encode()), ", ".join(f"{k} = {v}" for k, v in fields.items())))


def values(dtype, shape):
    if np.dtype(dtype).kind == "f":
        return (random.standard_normal(shape) * 100).astype(dtype)
    info = np.iinfo(dtype)
    return random.integers(info.min, info.max, shape, dtype, endpoint=True)


with open(f"{folder}/expected.lua", "w") as out:
    out.write("return {\n")
    for dtype in CODES:
        for ndim in range(1, 9):
            shape = tuple(int(size) for size in random.integers(1, 4, ndim))
            describe(out, f"{dtype}_{ndim}", values(dtype, shape))
        for shape in [(0,), (3, 0, 2), (1,), (40, 50), (7, 3, 9, 11), (30, 40, 2)]:
            describe(out, f"{dtype}_of_{'x'.join(map(str, shape))}", values(dtype, shape))
    for kind in ["f4", "f8"]:
        special = {
            "nan": [[1, 2.5], [np.nan, -4]], "inf": [1, np.inf, 3], "minus_inf": [1.5, -np.inf, 3],
            "both": [np.inf, -np.inf], "zeros": [0, -0.0], "all_nan": [np.nan, np.nan], "whole": [1, 20, 300],
            "huge": [1e30, 1, -1e30], "tiny": [1e-30, 5e-31], "thirds": [1 / 3, 2 / 3, 100 / 3],
            "tenths": [0.1, 0.2, 0.3], "wide": [[0.001, 12345.678], [1e-5, 0]], "one": [2.5],
            "long_row": (np.arange(200) / 8).tolist(), "negative": [-0.5, -100.25, 7],
        }
        for name, data in special.items():
            describe(out, f"{kind}_{name}", np.array(data, kind))
    describe(out, "f8_exponents", np.array([1e300, 1e-300, 1.25], "f8"))
    describe(out, "i4_extremes", np.array([2**31 - 1, -(2**31)] * 3 + [2**31 - 1], "i4"))
    if len(sys.argv) > 2:
        real = np.fromfile(sys.argv[2], ">u1", offset=16).reshape(-1, 28, 28)
        out.write("real = { sum = %d, mean = %s, shape = {%d, 28, 28}, columns = %s },\n" % (
            real.sum(dtype="i8"), number(real.mean(dtype="f8")), len(real),
            "{" + ", ".join(map(str, real.sum(axis=(0, 1), dtype="i8"))) + "}"))
    out.write("}\n")
