#!/bin/sh
# `verify --deep` on a dataset of 20 files, 10 GB in all, against `openssl dgst -sha256` with as many processes
# as there are processors. One run, medians, the two in turn; the files are in memory where they fit there.
#   bench/verify.sh [PROGRAM]      needs openssl, python3; SIZE (MB in all), RUNS, TMPDIR (a place with room)
set -eu
program=$(readlink -f "${1:-build/datamaestro}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
files=20
size=$((${SIZE:-10000} * 1000000 / files))
folder=$work/data/data/bench/org/bench/large
repository=$work/repositories/bench
mkdir -p "$folder" "$repository/org"
echo 'return { id = "bench" }' >"$repository/init.lua"
{
    echo 'local Base = use "datamaestro.data".Base'
    echo 'Large ='
    for i in $(seq $files); do
        openssl enc -aes-128-ctr -nosalt -K "$(printf %032d "$i")" -iv 00 </dev/zero 2>/dev/null |
            head -c "$size" >"$folder/file$i"
        printf '  filedownloader("file%d", "http://127.0.0.1:1/%d", { sha256 = "%s" }) ..\n' "$i" "$i" \
            "$(openssl dgst -sha256 -r "$folder/file$i" | cut -d' ' -f1)"
    done
    echo '  dataset { Base, "Large files" } .. function() return {} end'
} >"$repository/org/bench.lua"
export DATAMAESTRO_PATH="$work/repositories"
"$program" --quiet --data "$work/data" download org.bench.large # which takes them for what they are

python3 - "$program" "$work" "$folder" "${RUNS:-3}" <<'PYTHON'
import os, statistics, subprocess, sys, time
program, work, folder, runs = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
processors = len(os.sched_getaffinity(0))
commands = {
    "verify --deep": [program, "--quiet", "--data", f"{work}/data", "verify", "--deep", "org.bench.large"],
    "openssl dgst": ["sh", "-c", f"ls {folder}/file* | xargs -n1 -P{processors} openssl dgst -sha256"],
}
size = sum(os.stat(f"{folder}/{name}").st_size for name in os.listdir(folder) if name.startswith("file"))
times = {name: [] for name in commands}
for run in range(runs + 1):
    for name, command in commands.items():
        start = time.perf_counter()
        subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
        if run > 0:  # the first is the warm-up
            times[name].append(time.perf_counter() - start)
rates = {name: size / statistics.median(taken) / 1e9 for name, taken in times.items()}
for name, rate in rates.items():
    print(f"{name:15} {statistics.median(times[name]):6.2f} s  {rate:5.2f} GB/s  ({processors} processors, {size / 1e9:.1f} GB)")
print(f"ratio of rates, pair by pair   {statistics.median(b / a for a, b in zip(*times.values())):.3f}")
PYTHON
