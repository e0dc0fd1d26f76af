# Seeds of fuzz_decode: every format, empty, short, long and joined. The first byte: 5 × (piece - 1) + format.
folder=$1
format=0
for command in "gzip -c" "bzip2 -c" "xz -c -C crc32" "zstd -qc --check" "lz4 -c"; do
  for content in "" "a" "$(seq 300)" "$(head -c 9000 /dev/zero | tr '\0' x)"; do
    for piece in 1 7 50; do
      first=$(printf '\\%03o' $((5 * (piece - 1) + format)))
      name=$folder/$format-$piece-$(printf %s "$content" | wc -c)
      { printf "$first"; printf %s "$content" | $command; } >"$name"
      { cat "$name"; printf %s "$content" | $command; printf 'tail'; } >"$name-joined"
    done
  done
  format=$((format + 1))
done
