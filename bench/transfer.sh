#!/bin/sh
# Downloads from an nginx on loopback, ours against curl -Z, aria2c, wget2, curl | pigz, curl | igzip and pooch, in
# one run, the programs in turn: medians, ratios pair by pair, CPU seconds per GB, peak memory. Ours verifies the
# SHA-256 of what is served and waits until all is on the disk; of the others only pooch verifies, none waits.
# What is not installed is left out. Rows (ROWS, default "a b c d e"):
#   a  the four Fashion-MNIST files, decompressed        b  one file of 1 GiB
#   c  1 GiB of text, gzip -6, decompressed              d  2,000 files of 10 KB over TLS, HTTP/2 where spoken
#   e  one file of 256 MiB, 20 MiB/s for each connection
#   bench/transfer.sh [PROGRAM]   needs nginx, openssl, time, python3, dataset-fashion-mnist, 6 GB in ${TMPDIR:-/tmp};
#                                 RUNS (5), ROWS
set -eu
program=$(readlink -f "${1:-build/datamaestro}")
here=$(dirname "$(readlink -f "$0")")
PATH=$PATH:/usr/sbin
unset http_proxy https_proxy all_proxy ftp_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY
work=$(mktemp -d)
port=${PORT:-18100}
cleanup() { [ ! -f "$work/nginx.pid" ] || kill "$(cat "$work/nginx.pid")"; rm -rf "$work"; }
trap cleanup EXIT
trap 'exit 130' INT TERM

mkdir "$work/root" "$work/home"
ln -s /usr/share/datasets/fashion-mnist "$work/root/fashion"
(
    cd "$work"
    key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    printf 'subjectAltName=IP:127.0.0.1\n' >extensions
    openssl req -x509 $key -days 2 -subj /CN=bench -keyout ca-key.pem -out ca.pem
    openssl req $key -subj /CN=127.0.0.1 -keyout key.pem -out request.pem
    openssl x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -set_serial 2 -days 2 -extfile extensions -out cert.pem
) 2>"$work/openssl.log" || { cat "$work/openssl.log"; exit 1; }

cat >"$work/nginx.conf" <<CONF
pid $work/nginx.pid; error_log $work/error.log; master_process off; daemon on; worker_rlimit_nofile 4096;
events { worker_connections 2048; }
http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
  client_body_temp_path $work/body; proxy_temp_path $work/proxy;
  fastcgi_temp_path $work/fastcgi; uwsgi_temp_path $work/uwsgi; scgi_temp_path $work/scgi;
  root $work/root;
  server { listen 127.0.0.1:$port; }
  server { listen 127.0.0.1:$((port + 1)) ssl http2;
    ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem; }
  server { listen 127.0.0.1:$((port + 2)); limit_rate 20m; } }
CONF
nginx -e "$work/error.log" -c "$work/nginx.conf"

HOME=$work/home /usr/bin/python3 "$here/transfer.py" "$program" "$work" "$port" "${RUNS:-5}" "${ROWS:-a b c d e}"
