"""The faults of fault_server.py, but for those of resume_faults.py: each a function that answers one exchange, found by the first word of the path.

Parameters of all of them:
  file=NAME, or seed=S and size=N     the content; without them 4096 known bytes
  times=K                             only the first K requests of a URL meet the fault, later ones are served well
  etag=strong|weak|none|changing      the validator (default strong); `changing` is another one at each request
  modified=yes|no                     whether there is a Last-Modified (default yes)
  range=ignored                       the whole, whatever part is asked for
What serves well honours Range and If-Range, and keeps the connection.
"""
import email.utils
import gzip
import hashlib
import os
import re
import signal
import time

import content

MODIFIED = "Mon, 01 Jan 2024 00:00:00 GMT"
PAGE = b"<!DOCTYPE html>\n<html><body>Please log in</body></html>\n"
FAULTS = {}


def fault(name):
    def register(function):
        FAULTS[name] = function
        return function
    return register


def head(status, *headers, length=None):
    lines = ["HTTP/1.1 " + status, *headers]
    if length is not None:
        lines.append("Content-Length: %d" % length)
    return "\r\n".join(lines + ["", ""]).encode("latin-1")


def simple(x, status, body=b"", *headers, length=None):
    """A whole answer on a connection that then ends."""
    x.send_head(head(status, "Connection: close", *headers, length=len(body) if length is None else length))
    x.send(body)


def elsewhere(x, place):
    """The header that sends to a place of this server, with the parameters of the request."""
    query = x.target.partition("?")[2]
    return "Location: " + place + ("?" + query if query else "")


def validators(x, body):
    """The headers that tell one version of the content from another."""
    kind = x.query.get("etag", "strong")
    tag = '"%s"' % hashlib.md5(body).hexdigest()[:8]
    if kind == "changing":
        tag = '"%d"' % x.turn
    found = [] if kind == "none" else ["ETag: " + ("W/" if kind == "weak" else "") + tag]
    if x.query.get("modified") != "no":
        found.append("Last-Modified: " + (x.modified or MODIFIED))
    return found


def wanted(x, body):
    """The (start, end) that Range asks for; None for the whole, False where there is no such part."""
    parts = re.fullmatch(r"bytes=(\d*)-(\d*)", x.headers.get("range", ""))
    if not parts or parts.groups() == ("", "") or x.query.get("range") == "ignored":
        return None
    condition = x.headers.get("if-range")
    if condition and not any(v.endswith(": " + condition) and "W/" not in v for v in validators(x, body)):
        return None
    first, last = parts.groups()
    if not first:
        return max(0, len(body) - int(last)), len(body)
    start, end = int(first), min(int(last or len(body)) + 1, len(body))
    return (start, end) if start < end else False


def good(x, body=None):
    """As a good server does."""
    body = x.server.body(x.query) if body is None else body
    part = wanted(x, body)
    x.close = x.headers.get("connection", "").lower() == "close"
    common = ["Accept-Ranges: bytes", "Content-Type: application/octet-stream", *validators(x, body)]
    if part is False:
        x.send_head(head("416 Range Not Satisfiable", "Content-Range: bytes */%d" % len(body), length=0))
        return
    start, end = part or (0, len(body))
    if part:
        common.append("Content-Range: bytes %d-%d/%d" % (start, end - 1, len(body)))
    x.send_head(head("206 Partial Content" if part else "200 OK", *common, length=end - start))
    if x.method != "HEAD":
        x.send(body[start:end])


def answer(x):
    """Answers as the path says; a path that names no fault has the connection closed."""
    function = FAULTS.get(x.fault)
    if function and "times" in x.query and x.turn > x.number("times", 0):
        good(x)
    elif function:
        function(x)


@fault("good")
def served_well(x):
    good(x)


# --- Answers that say what is wrong -------------------------------------------------------------------

@fault("status")
def status(x):
    """/status/404%20Not%20Found"""
    simple(x, x.rest, b"sorry")


@fault("retry")
def retry(x):
    """?status=429&after=V: V seconds, or `date` or `past` for a time as HTTP writes it, one second from now or in
    the past; without it no Retry-After. The connection stays open."""
    after = x.query.get("after")
    if after in ("date", "past"):
        after = email.utils.formatdate(time.time() + (1 if after == "date" else -3600), usegmt=True)
    x.close = False
    headers = ["Retry-After: " + after] if after is not None else []
    x.send_head(head(x.query.get("status", "503") + " Later", *headers, length=5))
    if x.method != "HEAD":
        x.send(b"later")


@fault("ansi")
def ansi(x):
    simple(x, "404 \x1b[31mRed\x07 \x9b1m", b"", "ETag: \x1b]0;title\x07")


# --- Redirects -------------------------------------------------------------------------------------------

@fault("loop")
def loop(x):
    simple(x, "302 Found", b"", elsewhere(x, "/loop"))


@fault("chain")
def chain(x):
    """/chain/N: N redirects, then well."""
    left = int(x.rest)
    if left == 0:
        good(x)
    else:
        x.close = False
        x.send_head(head("302 Found", elsewhere(x, "/chain/%d" % (left - 1)), length=0))


@fault("redirect")
def redirect(x):
    """/redirect/URL, with a cookie that must not go to another host."""
    simple(x, "302 Found", b"", elsewhere(x, x.rest), "Set-Cookie: session=secret; Path=/")


@fault("nowhere")
def nowhere(x):
    """A redirect that does not say where to."""
    simple(x, "302 Found")


@fault("login")
def login(x):
    """Sends everybody to a page for people."""
    if x.rest == "page":
        simple(x, "200 OK", PAGE, "Content-Type: text/html")
    else:
        simple(x, "302 Found", b"", elsewhere(x, "/login/page"))


# --- Wrong content -----------------------------------------------------------------------------------------

@fault("whole")
def whole(x):
    """As a good server that knows no ranges."""
    simple(x, "200 OK", x.server.body(x.query), 'ETag: "e1"', "Last-Modified: " + MODIFIED,
           "Content-Type: application/x-test")


@fault("html")
def html(x):
    simple(x, "200 OK", PAGE + b" " * (2400 - len(PAGE)), "Content-Type: text/html")


@fault("small-html")
def small_html(x):
    x.send_head(b"HTTP/1.1 200 OK\r\n\r\n")
    x.send(PAGE)


@fault("zip")
def zip_file(x):
    simple(x, "200 OK", b"PK\x03\x04" + content.BODY)


@fault("empty")
def empty(x):
    simple(x, "200 OK")


@fault("damaged")
def damaged(x):
    """?at=N: the byte at N, by default in the middle, is another one; the length is right."""
    good(x, content.damage(x.server.body(x.query), x.number("at", 0) if "at" in x.query else None))


@fault("small")
def small(x):
    """A whole answer of half the file."""
    body = x.server.body(x.query)
    good(x, body[:len(body) // 2])


@fault("large")
def large(x):
    """The file and as much again."""
    good(x, x.server.body(x.query) * 2)


@fault("endless")
def endless(x):
    """The file over and over, until the client goes or ?limit=N bytes are sent; no length is told."""
    body = x.server.body(x.query) * 16
    x.send_head(head("200 OK", "Connection: close"))
    limit = x.number("limit", 1 << 40)
    while x.entry["sent"] < limit:
        x.send(body[:limit - x.entry["sent"]])


@fault("encoded")
def encoded(x):
    """Compressed, though nobody asked for it."""
    simple(x, "200 OK", gzip.compress(x.server.body(x.query), mtime=0), "Content-Encoding: gzip")


@fault("echo")
def echo(x):
    """The request itself."""
    simple(x, "200 OK", x.head)


# --- Answers that end early, or not at all ---------------------------------------------------------------

@fault("close")
def close(x):
    """No byte."""


@fault("reset")
def reset(x):
    x.reset()


@fault("silent")
def silent(x):
    x.hold = True


@fault("stall")
def stall(x):
    """?after=N: N bytes, then nothing more on an open connection. Without it, 12 of 99 bytes."""
    if "after" not in x.query:
        x.send_head(head("200 OK", length=99))
        x.send(content.BODY[:12])
    else:
        partial(x, x.number("after", 0))
    x.hold = True


@fault("interrupt")
def interrupt(x):
    """/interrupt/PID: sends SIGINT to that process, and then nothing more."""
    os.kill(int(x.rest), signal.SIGINT)
    x.send_head(head("200 OK", "Connection: close", length=99))
    x.send(content.BODY[:12])
    x.hold = True


@fault("truncated")
def truncated(x):
    simple(x, "200 OK", content.BODY[:1000], length=4096)


def partial(x, count, length="yes", body=None):
    """A good answer to the request, of which only `count` bytes come."""
    body = x.server.body(x.query) if body is None else body
    part = wanted(x, body)
    start, end = part or (0, len(body))
    headers = ["Accept-Ranges: bytes", *validators(x, body)]
    if part:
        headers.append("Content-Range: bytes %d-%d/%d" % (start, end - 1, len(body)))
    state = "206 Partial Content" if part else "200 OK"
    if length == "chunked":
        x.send_head(head(state, "Transfer-Encoding: chunked", *headers) + b"%x\r\n" % (end - start))
    elif length == "no":
        x.send_head(head(state, "Connection: close", *headers))
    else:
        x.send_head(head(state, *headers, length=end - start))
    x.send(body[start:min(end, start + count)])


@fault("drop")
def drop(x):
    """?after=N&length=yes|no|chunked&how=end|reset: N bytes, then the connection ends."""
    partial(x, x.number("after", 1000), x.query.get("length", "yes"))
    if x.query.get("how") == "reset":
        x.reset()


@fault("trickle")
def trickle(x):
    """?ms=N: a byte each N milliseconds."""
    body = x.server.body(x.query)
    x.send_head(head("200 OK", *validators(x, body), length=len(body)))
    for at in range(len(body)):
        x.send(body[at:at + 1])
        time.sleep(x.number("ms", 1) / 1000)


# --- Answers that do not hold together ------------------------------------------------------------------

@fault("long")
def too_long(x):
    """Tells ?by=N bytes more than come."""
    body = x.server.body(x.query)
    simple(x, "200 OK", body, *validators(x, body), length=len(body) + x.number("by", 100))


@fault("short")
def too_short(x):
    """Tells ?by=N bytes fewer than come."""
    body = x.server.body(x.query)
    simple(x, "200 OK", body, *validators(x, body), length=len(body) - x.number("by", 100))


@fault("lengths")
def lengths(x):
    """Two lengths that differ."""
    body = x.server.body(x.query)
    x.send_head(head("200 OK", "Connection: close", "Content-Length: %d" % (len(body) - 100), length=len(body)))
    x.send(body)


@fault("length")
def length(x):
    """/length/VALUE: a length that is none."""
    x.send_head(head("200 OK", "Connection: close", "Content-Length: " + x.rest))
    x.send(x.server.body(x.query))


@fault("gopher")
def gopher(x):
    x.send_head(b"3 no such thing\r\n")


@fault("line")
def status_line(x):
    """/line/WORDS: these words where a status line stands."""
    body = x.server.body(x.query)
    x.send_head(x.rest.encode("latin-1") + b"\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body))
    x.send(body)


@fault("flood")
def flood(x):
    """?bytes=N of header lines before the file."""
    line = b"X-Fill: " + b"x" * 90 + b"\r\n"
    x.send_head(b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + line * (x.number("bytes", 1 << 20) // len(line)))
    body = x.server.body(x.query)
    x.send_head(b"Content-Length: %d\r\n\r\n" % len(body))
    x.send(body)


@fault("header")
def header(x):
    """?bytes=N in one header line before the file."""
    body = x.server.body(x.query)
    simple(x, "200 OK", body, "X-Fill: " + "x" * x.number("bytes", 1 << 20))


def chunks(body):
    return b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 100]), body[i:i + 100]) for i in range(0, len(body), 100))


@fault("chunked")
def chunked(x):
    x.send_head(head("200 OK", "Connection: close", "Transfer-Encoding: chunked"))
    x.send(chunks(x.server.body(x.query)) + b"0\r\n\r\n")


@fault("cut-chunks")
def cut_chunks(x):
    x.send_head(head("200 OK", "Connection: close", "Transfer-Encoding: chunked"))
    x.send(chunks(x.server.body(x.query)[:1000]))


@fault("bad-chunk")
def bad_chunk(x):
    """A chunk whose size is no number."""
    x.send_head(head("200 OK", "Connection: close", "Transfer-Encoding: chunked"))
    x.send(chunks(x.server.body(x.query)[:1000]) + b"zz\r\n")


@fault("hints")
def hints(x):
    """Interim answers, which are allowed, before the file."""
    x.send_head(head("103 Early Hints", "Link: </x>; rel=preload") * 3)
    good(x)
