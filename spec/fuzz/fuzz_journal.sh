#!/bin/sh
# Seeds for fuzz_journal: fuzz_journal.sh FOLDER
set -eu
cd "$1"
hex=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
printf 'datamaestro journal 1\nsource %s\netag "a"\nlast-modified Mon, 01 Jan 2024 00:00:00 GMT\ntotal 300000\nkind sha256\n8388608 %s\n' \
  $hex $hex >whole
printf 'datamaestro journal 1\nsource %s\nkind md5\n1 %s\n2 %s\n9223372036854775807 ' $hex $hex $hex >cut
