"""The measurements of transfer.sh, which starts the servers and says what the rows are."""
import gzip
import hashlib
import os
import random
import shutil
import statistics
import subprocess
import sys
import time

PROGRAM, WORK, PORT, RUNS = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
HERE = os.path.dirname(os.path.abspath(__file__))
OUT = WORK + "/out"
PLAIN, SECURE, SLOW = ("%s://127.0.0.1:%d" % (scheme, PORT + at)
                       for at, scheme in enumerate(("http", "https", "http")))
CA = WORK + "/ca.pem"


# --- What is served ------------------------------------------------------------------------------------------

def write_random(path, size):
    """Bytes that no compression makes smaller, the same ones in each run."""
    source = random.Random(1)
    with open(path, "wb") as file:
        for _ in range(size >> 20):
            file.write(source.randbytes(1 << 20))


def write_text(path, size):
    """Sentences of made-up words, some frequent and most rare, as words of a language are."""
    source = random.Random(2)
    syllables = [a + b for a in "bcdfghjklmnpqrstvw" for b in ("a", "e", "i", "o", "u", "an", "er", "is")]
    words = ["".join(source.choices(syllables, k=source.choice((1, 2, 2, 3, 4)))) for _ in range(50000)]
    weights = [1 / (rank + 3) for rank in range(len(words))]
    totals, total = [], 0.0
    for weight in weights:
        total += weight
        totals.append(total)
    block = bytearray()
    while len(block) < 32 << 20:  # far beyond what gzip looks back at, so what follows may be the same again
        sentence = source.choices(words, cum_weights=totals, k=source.randint(4, 20))
        block += (" ".join(sentence).capitalize() + source.choice((". ", ". ", ".\n", "? "))).encode()
    block = bytes(block[:32 << 20])
    with open(path, "wb") as file:
        for _ in range(size // len(block)):
            file.write(block)


def sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


class Row:
    """Files of one server: fields title, files ([(URL, served sha256, size as served)]), expected (digests of what
    must come out), size (bytes of what comes out), gz (whether it is decompressed), secure."""

    def __init__(self, title, server, paths, gz=False):
        self.title, self.gz, self.secure = title, gz, server == SECURE
        self.files, self.expected, self.size = [], set(), 0
        for path in paths:
            name = os.path.join(WORK, "root", path)
            self.files.append((server + "/" + path, sha256(name), os.path.getsize(name)))
            if gz:
                with gzip.open(name) as file:
                    content = hashlib.sha256()
                    for block in iter(lambda: file.read(1 << 20), b""):
                        content.update(block)
                        self.size += len(block)
                self.expected.add(content.hexdigest())
            else:
                self.expected.add(self.files[-1][1])
                self.size += self.files[-1][2]
        self.urls = [url for url, _, _ in self.files]

    def write(self, name, lines):
        """A file for a tool, one line a line."""
        path = WORK + "/" + name
        with open(path, "w") as file:
            file.writelines(line + "\n" for line in lines)
        return path


def make_row(letter):
    root = WORK + "/root/"
    if letter == "a":
        names = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"]
        return Row("a: the four Fashion-MNIST files, decompressed", PLAIN,
                   ["fashion/%s-ubyte.gz" % name for name in names], gz=True)
    if letter == "b":
        write_random(root + "large.bin", 1 << 30)
        return Row("b: one file of 1 GiB", PLAIN, ["large.bin"])
    if letter == "c":
        write_text(root + "text", 1 << 30)
        packer = "pigz" if shutil.which("pigz") else "gzip"
        subprocess.run([packer, "-6", "-n", root + "text"], check=True)
        return Row("c: 1 GiB of text, gzip -6, decompressed", PLAIN, ["text.gz"], gz=True)
    if letter == "d":
        os.makedirs(root + "small")
        source = random.Random(3)
        for number in range(2000):
            with open(root + "small/f%04d.bin" % number, "wb") as file:
                file.write(source.randbytes(10000))
        return Row("d: 2,000 files of 10 KB over TLS", SECURE, ["small/f%04d.bin" % n for n in range(2000)])
    write_random(root + "slow.bin", 256 << 20)
    return Row("e: one file of 256 MiB, 20 MiB/s for each connection", SLOW, ["slow.bin"])


# --- Who fetches it ------------------------------------------------------------------------------------------

def ours(row):
    """A definition that declares size and SHA-256 of all files, and `prepare` of it."""
    folder = WORK + "/repositories/bench"
    os.makedirs(folder + "/org", exist_ok=True)
    with open(folder + "/init.lua", "w") as file:
        file.write('return { id = "bench" }\n')
    with open(folder + "/org/bench.lua", "w") as file:
        file.write("local files = {\n")
        for url, digest, size in row.files:
            file.write('  { "%s", "%s", %d },\n' % (url, digest, size))
        file.write("""}
local chain
for at, f in ipairs(files) do
  local step = filedownloader(("file%04d.bin"):format(at), f[1], { size = f[3], sha256 = f[2] })
  chain = chain and chain .. step or step
end
Files = chain .. dataset { use "datamaestro.data".Folder, "Files" } ..
  function(file0001) return { path = file0001 } end
""")
    return ("DATAMAESTRO_PATH=%s/repositories CURL_CA_BUNDLE=%s exec %s --quiet --data %s prepare org.bench.files"
            % (WORK, CA, PROGRAM, OUT))


def pooch(row):
    listed = row.write("pooch.list", ["%s %s" % (digest, url) for url, digest, _ in row.files])
    return "exec /usr/bin/python3 -B %s/by_pooch.py %s %s <%s" % (HERE, OUT, CA, listed)


def curl(row):
    lines = ["silent", "show-error", "fail", "cacert = " + CA]
    for url in row.urls:
        lines += ["url = " + url, "output = %s/%s" % (OUT, os.path.basename(url))]
    return "curl -q -Z --http2 -K " + row.write("curl.conf", lines)


def aria2c(options):
    def command(row):
        listed = row.write("aria2c.list", row.urls)
        return ("aria2c --no-conf -q -j16 %s --file-allocation=none --ca-certificate=%s -d %s -i %s"
                % (options, CA, OUT, listed))
    return command


def wget2(options):
    def command(row):
        listed = row.write("wget2.list", row.urls)
        return ("wget2 --no-config --no-hsts -q %s --ca-certificate=%s -P %s -i %s" % (options, CA, OUT, listed))
    return command


def piped(unpacker):
    def command(row):
        parts = ["curl -qsSf %s | %s >%s/%s &" % (url, unpacker, OUT, os.path.basename(url)[:-3])
                 for url in row.urls]
        return " ".join(parts) + " wait"
    return command


def then(fetcher, unpacker):
    def command(row):
        return "%s && for f in %s/*.gz; do %s $f >${f%%.gz} & done; wait; rm %s/*.gz" % (
            fetcher(row), OUT, unpacker, OUT)
    return command


ARIA = aria2c("-x8 -s8")
FILE_PEERS = [
    ("curl -Z", ["curl"], curl), ("aria2c -x8 -s8", ["aria2c"], ARIA), ("aria2c -x8", ["aria2c"], aria2c("-x8")),
    ("wget2", ["wget2"], wget2("")), ("pooch", ["pooch"], pooch),
]
GZ_PEERS = [
    ("curl | pigz -d", ["curl", "pigz"], piped("pigz -d")), ("curl | igzip -d", ["curl", "igzip"], piped("igzip -d")),
    ("curl -Z; igzip -d", ["curl", "igzip"], then(curl, "igzip -dc")),
    ("aria2c -x8 -s8; igzip -d", ["aria2c", "igzip"], then(ARIA, "igzip -dc")),
    ("wget2; igzip -d", ["wget2", "igzip"], then(wget2(""), "igzip -dc")), ("pooch", ["pooch"], pooch),
]
CHUNKED = ("wget2 --chunk-size=32M", ["wget2"], wget2("--chunk-size=32M --max-threads=8"))


def is_here(tool):
    if tool == "pooch":
        return subprocess.run(["/usr/bin/python3", "-c", "import pooch"], stderr=subprocess.DEVNULL).returncode == 0
    return shutil.which(tool) is not None


# --- Measuring -----------------------------------------------------------------------------------------------

def clear():
    shutil.rmtree(OUT, ignore_errors=True)
    os.mkdir(OUT)
    os.sync()


class Failure(Exception):
    pass


def run(command):
    """(seconds, CPU seconds, peak of the largest process in MB)"""
    script, used = WORK + "/command.sh", WORK + "/used"
    with open(script, "w") as file:
        file.write(command + "\n")
    clear()
    start = time.perf_counter()
    # GNU time is small, so what it starts does not begin with the peak of this process.
    result = subprocess.run(["/usr/bin/time", "-f", "%U %S %M", "-o", used, "sh", script], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    seconds = time.perf_counter() - start
    if result.returncode != 0:
        raise Failure(result.stdout.strip().split("\n")[-1][:200] or "status %d" % result.returncode)
    user, system, peak = open(used).read().split()[-3:]
    return seconds, float(user) + float(system), int(peak) / 1024


def check(row):
    """Whether all of the right bytes, and no other files, are there."""
    found = []
    for folder, folders, names in os.walk(OUT):
        folders[:] = [name for name in folders if name not in (".downloads", "cache")]
        for name in names:
            if not name.startswith(".") and not (name.endswith(".gz") and row.gz):
                found.append(sha256(os.path.join(folder, name)))
    if set(found) != row.expected:
        raise Failure("wrong result: %d files, %d of them right" % (len(found), sum(f in row.expected for f in found)))


def try_out(row, commands):
    """The warm-up, outside the timing: each tool's result is checked; those that fail are left out."""
    for name in list(commands):
        try:
            run(commands[name]())
            check(row)
        except Failure as failure:
            print("  %-26s left out: %s" % (name, failure))
            del commands[name]


def report(row, results):
    print("  %-26s %9s %9s %9s %10s %8s" % ("", "median", "min", "ratio", "CPU s/GB", "peak MB"))
    ratios = {}
    for name, runs in results.items():
        seconds, cpu, peak = zip(*runs)
        ratio = ""
        if "ours" in results and name != "ours":
            ratios[name] = statistics.median(a[0] / b[0] for a, b in zip(results["ours"], runs))
            ratio = "%.3f" % ratios[name]
        print("  %-26s %7.3f s %7.3f s %9s %10.2f %8.1f" % (
            name, statistics.median(seconds), min(seconds), ratio, statistics.median(cpu) / row.size * 1e9, max(peak)))
    if ratios:
        fastest = max(ratios, key=ratios.get)
        print("  ours takes %.3f x the time of the fastest other, %s" % (ratios[fastest], fastest))


def measure(letter):
    row = make_row(letter)
    print(row.title, flush=True)
    peers = GZ_PEERS if row.gz else FILE_PEERS + ([CHUNKED] if letter in "be" else [])
    commands = {"ours": lambda: ours(row)}
    missing = []
    for name, tools, command in peers:
        if all(is_here(tool) for tool in tools):
            commands[name] = lambda command=command: command(row)
        else:
            missing.append(name)
    if missing:
        print("  not installed: " + ", ".join(missing))
    try_out(row, commands)
    results = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, command in commands.items():
            results[name].append(run(command()))
    report(row, results)


print("ratio: time of ours by time of theirs, median of %d pairs; CPU: user and system of all processes, per GB of"
      " the result; peak: of the largest process" % RUNS)
for letter in sys.argv[5].split():
    measure(letter)
