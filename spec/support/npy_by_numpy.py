"""What NumPy reads and writes, for specs: npy_by_numpy.py write|check|count FOLDER.

write: NPY and NPZ files of all types and layouts, and expected.lua, which says what they hold.
check: opens the files that FOLDER/written.txt names (file, array or -, type, shape, native bytes in hex, a line
    each) and prints the number of those that are as told, or what is not.
count: prints as Lua what histogram and bincount make of FOLDER/values.npy and FOLDER/classes.npy.
"""
import io
import sys
import zipfile

import numpy as np

NAMES = {"b1": "uint8", "u1": "uint8", "i1": "int8", "u2": "uint16", "i2": "int16", "i4": "int32", "i8": "int64",
         "f4": "float32", "f8": "float64"}
SHAPES = [(), (0,), (3,), (2, 3), (3, 0, 2), (2, 3, 4), (1, 2, 1, 2, 1, 2, 1, 2)]
folder = sys.argv[2]


def values(kind, shape):
    count = int(np.prod(shape))
    if kind == "b1":
        return (np.arange(count) % 3 == 1).reshape(shape)
    array = np.arange(count) * 37 - 11
    if kind[0] == "f":
        return (array / 8).astype(kind).reshape(shape)
    info = np.iinfo(kind)
    array = (array % 100).astype(kind)
    if count > 1:
        array[0], array[-1] = info.min, info.max
    return array.reshape(shape)


def native(array):
    return array.astype(array.dtype.newbyteorder("=")).tobytes("C").hex()


def write():
    with open(f"{folder}/expected.lua", "w") as out:
        out.write("return {\n")
        for kind in NAMES:
            for shape in SHAPES:
                for order in "<", ">":
                    for layout in "C", "F":
                        for version in (1, 0), (2, 0), (3, 0):
                            name = f"{kind}_{len(shape)}_{SHAPES.index(shape)}_{ord(order)}{layout}{version[0]}"
                            array = np.asarray(values(kind, shape).astype(order + kind), order=layout)
                            with open(f"{folder}/{name}.npy", "wb") as file:
                                np.lib.format.write_array(file, array, version)
                            sizes = ", ".join(map(str, shape or (1,)))
                            out.write(f'{{ name = "{name}", dtype = "{NAMES[kind]}", shape = {{ {sizes} }}, '
                                      f'hex = "{native(array)}" }},\n')
        out.write("}\n")
    arrays = {f"{NAMES[kind]}.{kind}": values(kind, (2, 3)).astype(">" + kind) for kind in NAMES}
    np.savez(f"{folder}/stored.npz", **arrays)
    np.savez_compressed(f"{folder}/deflated.npz", **arrays)
    np.savez_compressed(f"{folder}/large.npz", a=np.arange(1000000, dtype="i4"), b=np.zeros(3000000, "u1"))
    np.savez(f"{folder}/empty.npz")
    np.savez(f"{folder}/objects.npz", a=np.array([{}], object))
    np.save(f"{folder}/objects.npy", np.array([{}], object))
    np.save(f"{folder}/complex.npy", np.zeros(2, "c8"))
    np.save(f"{folder}/half.npy", np.zeros(2, "f2"))
    np.save(f"{folder}/text.npy", np.array(["a\x1b"]))
    np.save(f"{folder}/record.npy", np.zeros(2, [("a", "u1"), ("b", "f4")]))
    np.save(f"{folder}/many.npy", np.zeros((1,) * 9))
    member = io.BytesIO()
    np.save(member, np.arange(3))
    with zipfile.ZipFile(f"{folder}/bzip2.npz", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a.npy", member.getvalue())
    with zipfile.ZipFile(f"{folder}/mixed.npz", "w") as archive:
        archive.comment = b"a comment of some bytes"
        archive.writestr("notes.txt", "no array")
        archive.writestr("a.npy", member.getvalue())
        with archive.open("b.npy", "w", force_zip64=True) as file:
            file.write(member.getvalue())
    with zipfile.ZipFile(f"{folder}/other.npz", "w") as archive:
        archive.writestr("notes.txt", "no array")


def check():
    good = 0
    for line in open(f"{folder}/written.txt", encoding="utf-8"):
        path, name, dtype, shape, content = line.rstrip("\n").split("\t")
        loaded = np.load(f"{folder}/{path}")
        array = loaded if name == "-" else loaded[name]
        found = (array.dtype.name, ",".join(map(str, array.shape)), array.tobytes("C").hex())
        if found == (dtype, shape, content):
            good += 1
        else:
            print(path, name, *found)
    print(good)


def count():
    array = np.load(f"{folder}/values.npy")
    for bins, limits in (10, None), (7, (-2.0, 3.0)), (1, None), (100, (0.0, 1.0)), (3, (0.1, 0.4)):
        counts, edges = np.histogram(array, bins, limits)
        low, high = limits or (edges[0], edges[-1])
        print("{ bins = %d, low = %s, high = %s, counts = {%s}, edges = {%s} }," % (
            bins, float(low).hex(), float(high).hex(), ", ".join(map(str, counts)),
            ", ".join(edge.item().hex() for edge in edges)))
    print("{ %s }," % ", ".join(map(str, np.bincount(np.load(f"{folder}/classes.npy")))))


{"write": write, "check": check, "count": count}[sys.argv[1]]()
