#!/bin/sh
# Seeds for fuzz_http_fields: fuzz_http_fields.sh FOLDER
set -eu
cd "$1"
at=0
while IFS= read -r field; do
  at=$((at + 1))
  printf 'g%s' "$field" >"field-$at"
done <<'END'
bytes 0-0/1
bytes 100-299/300
bytes 100-299/*
bytes */300
bytes=5-6/9223372036854775807
BYTES 1-9223372036854775807/*
120
Fri, 31 Dec 1999 23:59:59 GMT
Friday, 31-Dec-99 23:59:59 GMT
Fri Dec 31 23:59:59 2099
"strong"
W/"weak"
END
