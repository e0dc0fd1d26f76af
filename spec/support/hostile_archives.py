"""Writes archives that no archiver makes, each NAME.tar or NAME.zip, into the folder of the first argument."""
import io
import os
import stat
import struct
import sys
import tarfile
import warnings
import zipfile
import zlib

warnings.simplefilter("ignore")  # of names that are there twice
os.chdir(sys.argv[1])

KINDS = {"sym": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "char": tarfile.CHRTYPE, "block": tarfile.BLKTYPE,
         "fifo": tarfile.FIFOTYPE, "dir": tarfile.DIRTYPE}


def add_tar(archive, name, kind="file", target="", content=b"content", mode=0o644):
    member = tarfile.TarInfo(name)
    member.mode = mode
    member.type = KINDS.get(kind, tarfile.REGTYPE)
    member.linkname = target
    if kind == "file":
        member.size = len(content)
    archive.addfile(member, io.BytesIO(content) if kind == "file" else None)


def add_zip(archive, name, kind="file", target="", content=b"content", mode=0o644):
    member = zipfile.ZipInfo("x")
    member.filename = name  # the constructor would tidy it
    types = {"sym": stat.S_IFLNK, "char": stat.S_IFCHR, "fifo": stat.S_IFIFO, "dir": stat.S_IFDIR, "socket":
             stat.S_IFSOCK, "block": stat.S_IFBLK, "file": stat.S_IFREG}
    member.create_system = 3
    member.external_attr = (types[kind] | mode) << 16
    archive.writestr(member, target if kind == "sym" else b"" if kind == "dir" else content)


def tar(name, *members):
    with tarfile.open(name + ".tar", "w", format=tarfile.PAX_FORMAT) as archive:
        for member in members:
            add_tar(archive, *member)


def both(name, *members):
    tar(name, *members)
    with zipfile.ZipFile(name + ".zip", "w") as archive:
        for member in members:
            add_zip(archive, *member)


# Names.
both("up", ("good",), ("../escaped",))
both("up_within", ("a/b",), ("a/../../escaped",))
both("up_only", ("..", "dir"))
both("absolute", ("/tmp/escaped",))
both("slashes", ("//tmp/escaped",))
both("backslash", ("good/..\\escaped",))
both("drive", ("C:/escaped",))
both("newline", ("a\nb",))
both("escape", ("a\x1b[2J",))
both("direction", ("a\u202egpj.exe",))
both("next_line", ("a\u0085b",))
both("long_part", ("n" * 256,))
both("long_name", ("/".join(["n" * 200] * 6),))
both("deep", ("d/" * 101 + "f",))
both("itself", (".",))
tar("latin", ("caf\udce9",))
both("device_name", ("char", "char"))
both("block_name", ("block", "block"))
both("fifo_name", ("fifo", "fifo"))

# Names that meet.
both("twice", ("a/same",), ("other",), ("a/same",))
both("file_and_link", ("same",), ("same", "sym", "other"))
both("link_and_file", ("same", "sym", "other"), ("same",))
both("file_and_folder", ("same",), ("same", "dir"))
both("folder_and_file", ("same", "dir"), ("same",))
both("implied_and_file", ("same/x",), ("same",))
both("below_file", ("file",), ("file/below",))
both("folder_below_file", ("file",), ("file/below/", "dir"))
both("folders_twice", ("a/", "dir"), ("a/b",), ("a/", "dir"), ("./a//", "dir"))
both("case", ("README",), ("readme",))
both("case_folder", ("Folder/a",), ("folder/b",))
both("case_link", ("Link", "sym", "x"), ("link", "sym", "x"))
both("composed", ("caf\u00e9",), ("cafe\u0301",))
both("case_greek", ("\u03a3",), ("\u03c3",))
both("sharp", ("stra\u00dfe",), ("STRASSE",))
both("ignorable", ("a\u00adb",), ("ab",))
both("distinct", ("a",), ("b",), ("\u00e4",), ("\u00e4x",), ("\u00e5",), ("ab",))

# Links.
both("link_absolute", ("link", "sym", "/etc/passwd"))
both("link_up", ("link", "sym", "../escaped"))
both("link_up_deep", ("a/b/link", "sym", "../../../escaped"))
both("link_up_later", ("a/real/file",), ("link", "sym", "a/../../escaped"))
both("link_empty_up", ("link", "sym", ".."))
both("link_control", ("link", "sym", "a\nb"))
both("link_backslash", ("link", "sym", "..\\escaped"))
both("link_root_chain", ("sub/d", "sym", ".."), ("link", "sym", "sub/d/.."))
both("link_inside", ("a/b/file",), ("a/link", "sym", "b/file"), ("a/b/up", "sym", "../../a/b/file"),
     ("here", "sym", "."), ("dangling", "sym", "nothing"), ("folder", "sym", "a/./b/"))
both("write_through", ("link", "sym", "target"), ("target/", "dir"), ("link/file",))
both("write_through_outside", ("link", "sym", "/tmp"), ("link/escaped",))
both("write_through_up", ("x", "sym", "."), ("x/../escaped",))
both("overwrite_by_link", ("link", "sym", "file"), ("file",), ("link",))
tar("hard_absolute", ("link", "hard", "/etc/passwd"))
tar("hard_up", ("link", "hard", "../escaped"))
tar("hard_missing", ("link", "hard", "later"), ("later",))
tar("hard_to_link", ("sym", "sym", "file"), ("link", "hard", "sym"))
tar("hard_through_link", ("d/file",), ("sym", "sym", "d"), ("link", "hard", "sym/file"))
tar("hard_to_folder", ("d/", "dir"), ("link", "hard", "d"))
tar("hard_to_itself", ("link", "hard", "link"))
tar("hard_inside", ("a/file",), ("b/link", "hard", "./a/file"), ("a/again", "hard", "b/link"))
tar("hard_empty", ("file",), ("link", "hard", ""))

# Modes.
both("modes", ("setuid", "file", "", b"x", 0o6755), ("none", "file", "", b"x", 0), ("sticky/", "dir", "", b"",
     0o1777), ("closed/", "dir", "", b"", 0), ("closed/file", "file", "", b"x", 0o400), ("all", "file", "", b"x",
     0o777))

# Shapes.
both("no_folders", ("a/b/c/d",), ("a/b/e",), ("f/g",))
both("empty")
both("dots", ("./", "dir"), ("./a/./b",), ("./c",))
both("many", *[("%d/%d" % (i % 50, i), "file", "", b"") for i in range(3000)])
tar("hard_with_content", ("file",))
with open("hard_with_content.tar", "r+b") as file:  # a second member, a hard link that brings content
    member = tarfile.TarInfo("link")
    member.type = tarfile.LNKTYPE
    member.linkname = "file"
    member.size = 7
    header = member.tobuf(tarfile.USTAR_FORMAT)
    file.seek(1024)
    file.write(header + b"content" + b"\0" * 505 + b"\0" * 1024)
with tarfile.open("sparse.tar", "w", format=tarfile.PAX_FORMAT) as archive:  # GNU's 1.0 form
    member = tarfile.TarInfo("sparse")
    data = b"2\n0\n4\n40000000000\n0\n".ljust(512, b"\0") + b"head"
    member.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "sparse",
                          "GNU.sparse.realsize": "40000000000"}
    member.size = len(data)
    archive.addfile(member, io.BytesIO(data))
with zipfile.ZipFile("bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    for i in range(30):
        archive.writestr("zeros%d" % i, b"\0" * 10000000)

# One body that a thousand members share (after D. Fifield, "A better zip bomb", 2019): the list names it over and
# over. Each local header would have another name, so libarchive may see that; either way no harm is done.
body = io.BytesIO()
with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("00000", b"\0" * 1000000)
bytes_ = body.getvalue()
start = bytes_.index(b"PK\1\2")
local, central = bytes_[:start], bytes_[start:bytes_.index(b"PK\5\6")]
entries = b"".join(central.replace(b"00000", b"%05d" % i) for i in range(1000))
end = struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1000, 1000, len(entries), len(local), 0)
with open("overlap.zip", "wb") as file:
    file.write(local + entries + end)

# zip64: a member of 4,400 MiB of zeros that says so in both of its headers; its deflate stream is one block of it,
# over and over.
BLOCK, COUNT = b"\0" * (1 << 20), 4400
deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
first = deflate.compress(BLOCK) + deflate.flush(zlib.Z_FULL_FLUSH)
packed, size = len(first) * COUNT + 2, len(BLOCK) * COUNT
extra = struct.pack("<HHQQ", 1, 16, size, packed)
common = struct.pack("<HHHHHIIIHH", 45, 0, 8, 0, 33, 0, 0xFFFFFFFF, 0xFFFFFFFF, 5, len(extra))
with open("zip64.zip", "wb") as file:
    file.write(b"PK\3\4" + common + b"zeros" + extra)
    for _ in range(COUNT):
        file.write(first)
    file.write(b"\3\0")
    start = file.tell()
    central = b"PK\1\2" + struct.pack("<H", 45 | 3 << 8) + common
    central += struct.pack("<HHHII", 0, 0, 0, 0o100644 << 16, 0) + b"zeros" + extra
    file.write(central)
    end = file.tell()
    file.write(struct.pack("<4sQHHIIQQQQ", b"PK\6\6", 44, 45, 45, 0, 0, 1, 1, len(central), start))
    file.write(struct.pack("<4sIQI", b"PK\6\7", 0, end, 1))
    file.write(struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 1, 1, len(central), 0xFFFFFFFF, 0))
