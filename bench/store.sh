#!/bin/sh
# A data directory of 100,000 files: `du` and `orphans`, warm, against the system's own du and find, in one run. They
# take turns; medians. Ten datasets of 10,000 files each (folders of 100), with lists of their contents, as archives
# leave them; one file in 1,000 belongs to nobody. All that is printed is checked once, before anything is timed.
# Then verify.sh: `verify --deep` of 10 GB.
#   bench/store.sh [PROGRAM]      needs python3; FILES (100000), RUNS (15)
set -eu
program=$(readlink -f "${1:-build/datamaestro}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/ours" <<SCRIPT
#!/bin/sh
HOME=$work DATAMAESTRO_PATH=$work/repositories exec $program --data $work/store "\$@"
SCRIPT
chmod +x "$work/ours"

python3 - "$work" "${FILES:-100000}" "${RUNS:-15}" <<'PYTHON'
import json, os, statistics, subprocess, sys, time
work, files, runs = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
store, repository = f"{work}/store", f"{work}/repositories/bench"

# --- The data directory ---
os.makedirs(f"{repository}/org")
open(f"{repository}/init.lua", "w").write('return { id = "bench" }')
script = open(f"{repository}/org/made.lua", "w")
strays = 0
for number in range(10):
    script.write(f'D{number} = tardownloader("all", "file:///nowhere/{number}.tar") .. '
                 'dataset { use "datamaestro.data".Base, "One of ten" } .. function() return {} end\n')
    folder = f"{store}/data/bench/org/made/d{number}"
    os.makedirs(f"{folder}/.contents")
    folders, names = [], []
    for place in range(files // 1000):
        os.mkdir(f"{folder}/{place:04}")
        for name in range(100):
            path = f"{place:04}/{name:06}.bin"
            with open(f"{folder}/{path}", "wb") as out:
                out.write(b"x" * 100)
            if name == 99 and place % 10 == 9:
                strays += 1
            else:
                names.append(f"f 100 {path}\n")
        folders.append(f"d {os.stat(f'{folder}/{place:04}').st_mtime_ns} {place:04}\n")
    open(f"{folder}/.contents/all", "w").write("datamaestro contents 1\n" + "".join(folders + names))
    open(f"{folder}/.state.json", "w").write('{"version": 1, "resources": {"all": {"state": "complete"}}}')
script.close()

# --- What is timed ---
commands = {
    "datamaestro du": [f"{work}/ours", "--json", "du"],
    "datamaestro orphans": [f"{work}/ours", "--json", "orphans"],
    "du -s": ["du", "-s", "-B1", store],
    "find -printf": ["find", store, "-printf", "%s\n"],
}

def run(name):
    return subprocess.run(commands[name], stdout=subprocess.PIPE, check=True).stdout

found = json.loads(run("datamaestro du"))
assert found["total"]["files"] == files // 1000 * 1000 + 20, found["total"]
assert found["total"]["disk"] == int(run("du -s").split()[0])
assert len(json.loads(run("datamaestro orphans"))["orphans"]) == strays

times = {name: [] for name in commands}
for _ in range(runs):
    for name in commands:
        start = time.perf_counter()
        run(name)
        times[name].append(time.perf_counter() - start)
print(f"{found['total']['files']} files, {strays} of them nobody's, {runs} runs each, warm: median (least)")
for name, taken in times.items():
    print(f"  {name:20} {statistics.median(taken):6.3f} s ({min(taken):.3f})")
PYTHON
rm -rf "$work/store"
sh "$(dirname "$0")/verify.sh" "$program"
