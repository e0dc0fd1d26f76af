#!/bin/sh
# Tables, in one run, the programs in turn: 1 million × 10 numbers to a tensor, against numpy.loadtxt and, where
# it is installed, the C parser of pandas (as it comes, and rounding exactly as the others do); and the rows of
# 10 million as strings, against Python's csv module, with peak memory; the same of a gzip file, read in place; and
# as JSON lines, against Miller, where it is installed. Medians, ratios pair by pair.
#   bench/csv.sh [PROGRAM]      needs time, python3, python3-numpy; RUNS (3), ROWS (10000000)
set -eu
program=$(readlink -f "${1:-build/datamaestro}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/matrix.lua" <<'LUA'
local path = ...
local csv = require "datamaestro.data.csv"
local start = os.clock() -- time of the process: reading a cached file does not wait
assert(csv.Matrix { path = path }:data())
print(os.clock() - start)
LUA
cat >"$work/rows.lua" <<'LUA'
local rows, fields = 0, 0
local start = os.clock()
for row in require "datamaestro.data.csv".Generic { path = (...) }:rows() do
  rows, fields = rows + 1, fields + #row
end
print(os.clock() - start, rows, fields)
LUA
cat >"$work/by_numpy.py" <<'PYTHON'
import sys, time, numpy
start = time.process_time()
numpy.loadtxt(sys.argv[1], delimiter=",")
print(time.process_time() - start)
PYTHON
for how in "" "round_trip"; do
    cat >"$work/by_pandas$how.py" <<PYTHON
import sys, time, pandas
start = time.process_time()
pandas.read_csv(sys.argv[1], header=None, float_precision="$how" or None).to_numpy()
print(time.process_time() - start)
PYTHON
done
cat >"$work/rows.py" <<'PYTHON'
import csv, sys, time
rows = fields = 0
start = time.process_time()
for row in csv.reader(open(sys.argv[1], newline="")):
    rows += 1
    fields += len(row)
print(time.process_time() - start, rows, fields)
PYTHON

cat >"$work/gzip.lua" <<'LUA'
local rows, fields = 0, 0
local start = os.clock()
for row in require "datamaestro.data.csv".Generic { path = (...) }:rows() do
  rows, fields = rows + 1, fields + #row
end
print(os.clock() - start, rows, fields)
LUA
cat >"$work/by_gzip.py" <<'PYTHON'
import csv, gzip, sys, time
rows = fields = 0
start = time.process_time()
for row in csv.reader(gzip.open(sys.argv[1], "rt", newline="")):
    rows += 1
    fields += len(row)
print(time.process_time() - start, rows, fields)
PYTHON
cat >"$work/json.lua" <<'LUA'
local start, null = os.clock(), io.open("/dev/null", "w")
local reader = require "datamaestro.api.csv".open((...))
repeat
  local text, rows = reader:text("jsonl", math.maxinteger)
  null:write(text)
until rows == 0
print(os.clock() - start)
LUA
cat >"$work/by_miller.py" <<'PYTHON'
import os, subprocess, sys
subprocess.run(["mlr", "--icsv", "--implicit-csv-header", "--ojsonl", "cat", sys.argv[1]],
               stdout=subprocess.DEVNULL, check=True)
print(os.times().children_user + os.times().children_system)
PYTHON

/usr/bin/python3 - "$program" "$work" "${RUNS:-3}" "${ROWS:-10000000}" <<'PYTHON'
import gzip, importlib.util, shutil, statistics, subprocess, sys
import numpy
program, work, runs, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
python = ["/usr/bin/python3"]

def run(command, path):
    """Seconds, what else was printed, and peak memory in MB."""
    result = subprocess.run(["/usr/bin/time", "-f", "%M", *command, path], stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True, check=True)
    seconds, *rest = result.stdout.split()
    return float(seconds), rest, int(result.stderr.split()[-1]) / 1024

def compare(title, path, commands):
    times, peaks, said = {name: [] for name in commands}, {}, set()
    for _ in range(runs):
        for name, command in commands.items():
            seconds, rest, peak = run(command, path)
            times[name].append(seconds)
            peaks[name] = max(peak, peaks.get(name, 0))
            said.add(tuple(rest))
    assert len(said) == 1, said  # the same rows and fields
    print(title)
    ours = next(iter(commands))
    for name in commands:
        ratio = statistics.median(a / b for a, b in zip(times[ours], times[name]))
        print(f"  {name:28} {statistics.median(times[name]):7.3f} s   ours takes {ratio:.2f} x"
              f"   peak {peaks[name]:7.1f} MB")

table = numpy.random.default_rng(1).standard_normal((1000000, 10)).tolist()
for digits, text in ("6 digits", "%.6f"), ("17 digits", "%r"):
    path = f"{work}/matrix.csv"
    form = ",".join([text] * 10) + "\n"
    with open(path, "w") as file:
        file.writelines(form % tuple(row) for row in table)
    commands = {"Matrix:data": [program, "run", f"{work}/matrix.lua"],
                "numpy.loadtxt": python + [f"{work}/by_numpy.py"]}
    if importlib.util.find_spec("pandas"):
        commands["pandas.read_csv"] = python + [f"{work}/by_pandas.py"]
        commands["pandas.read_csv, round_trip"] = python + [f"{work}/by_pandasround_trip.py"]
    compare(f"1,000,000 x 10 numbers of {digits}", path, commands)
del table

path = f"{work}/rows.csv"
with open(path, "w") as file:
    file.writelines("%d,name %d,%.3f,%s\n" % (i, i % 5000, i * 0.37, "abcdef"[i % 6] * 4) for i in range(count))
compare(f"{count} rows of 4 fields as strings", path,
        {"Generic:rows": [program, "run", f"{work}/rows.lua"], "Python's csv.reader": python + [f"{work}/rows.py"]})
with open(path, "rb") as plain, gzip.open(path + ".gz", "wb", 6) as packed:
    shutil.copyfileobj(plain, packed)
compare(f"{count} rows of 4 fields, gzip", path + ".gz",
        {"Generic:rows": [program, "run", f"{work}/gzip.lua"],
         "Python's gzip, csv.reader": python + [f"{work}/by_gzip.py"]})
if shutil.which("mlr"):
    compare(f"{count} rows of 4 fields to JSON lines", path,
            {"reader:text": [program, "run", f"{work}/json.lua"],
             "mlr --icsv --ojsonl": python + [f"{work}/by_miller.py"]})
PYTHON
