#!/bin/sh
# The four Fashion-MNIST files from an nginx on loopback, verified and decompressed, from an empty data
# directory: ours against a loop of curl | gzip -d. One run, medians, the two in turn.
#   bench/prepare.sh [PROGRAM]      needs nginx, curl, python3, dataset-fashion-mnist
set -eu
program=$(readlink -f "${1:-build/datamaestro}")
files=/usr/share/datasets/fashion-mnist
work=$(mktemp -d)
port=${PORT:-18099}
cleanup() { [ ! -f "$work/nginx.pid" ] || kill "$(cat "$work/nginx.pid")"; rm -rf "$work"; }
trap cleanup EXIT

cat >"$work/nginx.conf" <<CONF
pid $work/nginx.pid; error_log $work/error.log; worker_processes 1; daemon on;
events { }
http { access_log off; sendfile on; client_body_temp_path $work/body; proxy_temp_path $work/proxy;
  fastcgi_temp_path $work/fastcgi; uwsgi_temp_path $work/uwsgi; scgi_temp_path $work/scgi;
  server { listen 127.0.0.1:$port; root $files; } }
CONF
nginx -e "$work/error.log" -c "$work/nginx.conf"

# The definition points at the loopback server and declares the bytes as served.
repository=$work/repositories/bench
mkdir -p "$repository/org"
echo 'return { id = "bench" }' >"$repository/init.lua"
{
    echo 'local Supervised = use "datamaestro.data.ml".Supervised'
    echo 'local IDX = use "datamaestro.data.tensor".IDX'
    echo 'Fashion ='
    for name in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
        file=$files/$name-ubyte.gz
        printf '  filedownloader("%s.idx", "http://127.0.0.1:%s/%s", { size = %s, sha256 = "%s" }) ..\n' \
            "$(echo $name | tr - _ | sed 's/_idx.//')" "$port" "$name-ubyte.gz" \
            "$(stat -Lc %s "$file")" "$(sha256sum <"$file" | cut -d' ' -f1)"
    done
    echo '  dataset { Supervised, "Fashion-MNIST from loopback" } ..'
    echo '  function(train_images, train_labels, t10k_images, t10k_labels)'
    echo '    return { train = IDX { path = train_images }, test = IDX { path = t10k_images } }'
    echo '  end'
} >"$repository/org/loopback.lua"

cat >"$work/ours" <<SCRIPT
#!/bin/sh
DATAMAESTRO_PATH=$work/repositories exec $program --quiet --data $work/data prepare org.loopback.fashion
SCRIPT
cat >"$work/loop" <<SCRIPT
#!/bin/sh
mkdir $work/loop.data
for f in train-images-idx3 train-labels-idx1 t10k-images-idx3 t10k-labels-idx1; do
  curl -s http://127.0.0.1:$port/\$f-ubyte.gz | gzip -d >$work/loop.data/\$f.idx
done
SCRIPT
chmod +x "$work/ours" "$work/loop"

python3 - "$work" "${RUNS:-15}" <<'PYTHON'
import os, shutil, statistics, subprocess, sys, time
work, runs = sys.argv[1], int(sys.argv[2])
times = {"ours": [], "loop": []}
for run in range(runs + 1):
    for name in times:
        for folder in "data", "loop.data":
            shutil.rmtree(f"{work}/{folder}", ignore_errors=True)
        os.sync()
        start = time.perf_counter()
        subprocess.run([f"{work}/{name}"], stdout=subprocess.DEVNULL, check=True)
        if run > 0:  # the first is the warm-up
            times[name].append(time.perf_counter() - start)
ours, loop = (statistics.median(times[name]) for name in ("ours", "loop"))
ratio = statistics.median(a / b for a, b in zip(times["ours"], times["loop"]))
print(f"datamaestro prepare   {ours:.3f} s (min {min(times['ours']):.3f})")
print(f"curl | gzip -d        {loop:.3f} s (min {min(times['loop']):.3f})")
print(f"ratio, pair by pair   {ratio:.3f}")
PYTHON
