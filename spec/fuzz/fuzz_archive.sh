# Seeds of fuzz_archive: real and hostile archives that are small, or made so.
folder=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 "$(dirname "$0")/../support/hostile_archives.py" "$work"
(
  cd "$work" || exit
  mkdir -p tree/sub/deeper
  seq 20 >tree/a
  seq 10 >tree/sub/deeper/é
  ln -s sub tree/link
  ln tree/a tree/hard
  for format in gnu pax ustar v7; do tar --format=$format -cf $format.tar tree; done
  7z a -snl plain.7z tree
  7z a -snl -m0=copy -mhc=off copy.7z tree
  7z a -m0=bzip2 -mhc=off bzip2.7z tree/a
  7z a -psecret encrypted.7z tree/a
  zip -qr real.zip tree
  zip -q0r stored.zip tree
  zip -qr - tree | cat >piped.zip
  zip -q -P secret encrypted.zip tree/a
  tar c tree | gzip >packed.tar.gz
  tar c tree | xz >packed.tar.xz
) >/dev/null 2>&1
python3 - "$work" "$folder" <<'PYTHON'
import os
import sys

work, folder = sys.argv[1:]
for name in os.listdir(work):
    path = os.path.join(work, name)
    if not os.path.isfile(path) or os.path.getsize(path) > 65536:
        continue
    with open(path, "rb") as file:
        data = file.read()
    if name.endswith(".tar"):  # without most of the padding
        data = data.rstrip(b"\0")
        data += b"\0" * (-len(data) % 512 + 1024)
    for choice in (4, 5) if name.endswith(".tar") else (0, 4):
        if len(data) < 4096:
            with open(os.path.join(folder, "%s-%d" % (name, choice)), "wb") as file:
                file.write(bytes([choice]) + data)
PYTHON
