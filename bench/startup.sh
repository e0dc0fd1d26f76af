#!/bin/sh
# Start-up, as whole processes in one run: medians, as ratios to `lua5.4 -e ''`, and peak memory.
#   bench/startup.sh [PROGRAM]      needs hyperfine, time, lua5.4, python3, dataset-fashion-mnist
set -eu
program=${1:-build/datamaestro}
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
id=com.github.zalandoresearch.fashion.mnist
"$program" --quiet --data "$data" prepare $id >/dev/null

hyperfine -N --warmup 10 --runs "${RUNS:-200}" --export-json "$data/times.json" \
    "lua5.4 -e ''" \
    "$program version" \
    "$program --data $data prepare $id" \
    "$program info --data $data $id" \
    "$program search tag:image" >/dev/null 2>&1

# Not Python's resource module: a child that it starts by vfork begins with Python's own peak.
peak() { /usr/bin/time -f %M -o "$data/peak" "$@" >/dev/null && awk '{ printf "%.1f", $1 / 1024 }' "$data/peak"; }

python3 - "$data/times.json" <<'PYTHON'
import json, sys
rows = json.load(open(sys.argv[1]))["results"]
base = rows[0]["median"]
names = ["lua5.4 -e ''", "datamaestro version", "datamaestro prepare (complete)", "datamaestro info", "datamaestro search"]
for name, row in zip(names, rows):
    print(f"{name:32} {row['median'] * 1000:6.2f} ms  {row['median'] / base:5.2f} x")
PYTHON
echo "peak memory, MB: version $(peak "$program" version), prepare (complete)" \
    "$(peak "$program" --data "$data" prepare $id)"
