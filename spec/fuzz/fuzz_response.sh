#!/bin/sh
# Seeds for fuzz_response: fuzz_response.sh FOLDER
set -eu
cd "$1"
here=$(printf %0512d 0 | tr 0 A)
rest=BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB
tags='ETag: "e"\r\nLast-Modified: Mon, 01 Jan 2024 00:00:00 GMT\r\nAccept-Ranges: bytes\r\n'
whole="HTTP/1.1 200 OK\\r\\nContent-Length: 544\\r\\n$tags\\r\\n$here$rest"
part="HTTP/1.1 206 Partial Content\\r\\nContent-Length: 32\\r\\nContent-Range: bytes 512-543/544\\r\\n$tags\\r\\n$rest"
cut="HTTP/1.1 200 OK\\r\\nContent-Length: 544\\r\\n$tags\\r\\n$here"
next='\n--answer--\n'
# The first byte, octal: 100 nothing, 101 decode, 102 unpack, 110 size, 120 resume, 140 keep.
printf "\\100$whole" >whole
printf "\\110$whole" >size
printf "\\120$part" >resume
printf "\\124$part" >resume-proven
printf "\\150$cut$next$part" >continue
printf "\\120$whole" >changed
printf "\\120HTTP/1.1 416 No\\r\\nContent-Range: bytes */512\\r\\nContent-Length: 4\\r\\n\\r\\npage$next$whole" >unsatisfiable
printf "\\100HTTP/1.1 302 Found\\r\\nLocation: /y\\r\\nContent-Length: 0\\r\\n\\r\\n$next$whole" >redirect
printf "\\100HTTP/1.1 302 Found\\r\\nLocation: https://other.example/\\r\\n\\r\\n${next}HTTP/1.1 200 OK\\r\\n\\r\\n" >tunnel
printf "\\100HTTP/1.1 200 OK\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n5\\r\\nhello\\r\\n0\\r\\nX: y\\r\\n\\r\\n" >chunked
printf "\\100HTTP/1.1 103 Early Hints\\r\\nLink: </x>\\r\\n\\r\\n$whole" >hints
printf "\\100HTTP/1.1 429 Slow\\r\\nRetry-After: 7\\r\\nContent-Length: 0\\r\\n\\r\\n$next$whole" >retry
printf "\\100HTTP/1.0 200 OK\\r\\nContent-Type: text/html\\r\\nContent-Encoding: gzip\\r\\n\\r\\n<html>" >page
{ printf "\\101HTTP/1.1 200 OK\\r\\n\\r\\n"; printf hello | gzip -nc; } >gzip
touch empty
{ printf "\\102HTTP/1.1 200 OK\\r\\n\\r\\n"; tar --owner=0 --group=0 --mtime=@0 -cf - empty | head -c 1536; } >tar
rm empty
printf "\\100HTTP/1.1 200 \\033[31mRed\\r\\nETag: \\033]0;x\\007\\r\\n\\r\\nx" >terminal
