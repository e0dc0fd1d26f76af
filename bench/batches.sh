#!/bin/sh
# Epochs of shuffled batches of 128 from the real Fashion-MNIST training images (60,000 × 28 × 28, uint8) as
# normalised float32, with their labels: our loader, NumPy's fancy indexing and conversion, and torchvision's
# dataset with a DataLoader, in one run. Each works in a process of its own that waits for the word to begin,
# so that wall time is taken the same way; they take turns. Medians, and ratios of ours pair by pair.
#   bench/batches.sh [PROGRAM]      needs dataset-fashion-mnist, python3-numpy; python3-torchvision if it is to be
#   measured; RUNS (5) epochs of DataLoader, FAST_RUNS (25) of the others
set -eu
program=$(readlink -f "${1:-build/datamaestro}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
raw=$work/FashionMNIST/raw
mkdir -p "$raw"
for file in /usr/share/datasets/fashion-mnist/*.gz; do
    gzip -dc "$file" >"$raw/$(basename "$file" .gz)"
done

# Each prints for an epoch: examples, sum of the labels, mean of all values; only when asked to, since that takes time.
cat >"$work/ours.lua" <<'LUA'
local folder = ...
local tensor = datamaestro.tensor
local source = { assert(tensor.idx(folder .. "/train-images-idx3-ubyte")),
  assert(tensor.idx(folder .. "/train-labels-idx1-ubyte")) }
local loader = datamaestro.loader(source, { batch = 128, shuffle = true, seed = 42,
  normalize = { scale = 1 / 255, mean = 0.2860, std = 0.3530 } })
for line in io.lines() do
  local count, sum, total = 0, 0, 0
  for images, labels in loader do
    count = count + #images
    if line == "check" then
      sum, total = sum + labels:sum(), total + images:sum()
    end
  end
  io.write(("%d %d %.5f\n"):format(count, sum, total / (count * 784)))
  io.flush()
end
LUA
cat >"$work/by_numpy.py" <<'PYTHON'
import sys
import numpy as np
folder = sys.argv[1]
images = np.fromfile(folder + "/train-images-idx3-ubyte", np.uint8, offset=16).reshape(-1, 28, 28)
labels = np.fromfile(folder + "/train-labels-idx1-ubyte", np.uint8, offset=8)
random = np.random.default_rng(42)
scale, offset = np.float32(1 / 255 / 0.3530), np.float32(-0.2860 / 0.3530)
for line in sys.stdin:
    count = total = sums = 0
    order = random.permutation(len(images))
    for first in range(0, len(order), 128):
        rows = order[first:first + 128]
        batch = images[rows].astype(np.float32)
        batch *= scale
        batch += offset
        chosen = labels[rows]
        count += len(batch)
        if line == "check\n":
            sums += int(chosen.sum(dtype="i8"))
            total += float(batch.sum(dtype="f8"))
    print(count, sums, "%.5f" % (total / (count * 784)), flush=True)
PYTHON
cat >"$work/by_torchvision.py" <<'PYTHON'
import sys
import torch
from torchvision import datasets, transforms
transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.2860,), (0.3530,))])
dataset = datasets.FashionMNIST(sys.argv[1] + "/../..", train=True, transform=transform)
loader = torch.utils.data.DataLoader(dataset, batch_size=128, shuffle=True, num_workers=int(sys.argv[2]))
for line in sys.stdin:
    count = total = sums = 0
    for images, labels in loader:
        count += len(images)
        if line == "check\n":
            sums += int(labels.sum())
            total += float(images.double().sum())
    print(count, sums, "%.5f" % (total / (count * 784)), flush=True)
PYTHON

/usr/bin/python3 - "$program" "$work" "${RUNS:-5}" "${FAST_RUNS:-25}" <<'PYTHON'
import importlib.util, statistics, subprocess, sys, time
program, work, runs, fast_runs = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
folder = work + "/FashionMNIST/raw"
python = "/usr/bin/python3"
commands = {"datamaestro's loader": [program, "run", work + "/ours.lua", folder],
            "NumPy": [python, work + "/by_numpy.py", folder]}
slow = {}
if importlib.util.find_spec("torchvision"):
    for workers in "0", "2":
        slow[f"torchvision, {workers} workers"] = [python, work + "/by_torchvision.py", folder, workers]
peers = {name: subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
         for name, command in {**commands, **slow}.items()}

def epoch(name, word="go"):
    start = time.perf_counter()
    peers[name].stdin.write(word + "\n")
    peers[name].stdin.flush()
    answer = peers[name].stdout.readline()
    return time.perf_counter() - start, answer

ours = next(iter(commands))
expected = epoch(ours, "check")[1].split()  # this epoch also reads the files for the first time
for name in peers:
    answer = epoch(name, "check")[1].split()
    assert answer[:2] == expected[:2] and abs(float(answer[2]) - float(expected[2])) < 1e-4, (name, answer, expected)

times = {name: [] for name in peers}
ratios = {name: [] for name in peers}
def take_turns(names, count):
    for _ in range(count):
        own = epoch(ours)[0]
        times[ours].append(own)
        for name in names:
            times[name].append(epoch(name)[0])
            ratios[name].append(times[name][-1] / own)
take_turns(["NumPy"], fast_runs)
take_turns(slow, runs)
print("an epoch of 60,000 x 28 x 28 uint8 as normalised float32, in shuffled batches of 128")
for name in peers:
    ratio = f"   {statistics.median(ratios[name]):6.1f} x ours" if ratios[name] else ""
    print(f"  {name:24} {statistics.median(times[name]):8.4f} s{ratio}")
for peer in peers.values():
    peer.stdin.close()
    peer.wait()
PYTHON
