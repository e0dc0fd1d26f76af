"""Faults that only meet who continues: /resume/KIND?after=N.

The first request gets N bytes, then the connection ends. Later requests are served well if they ask for the whole;
those that ask for a part (Range) get what KIND says.
"""
import time

import content
from faults import PAGE, fault, good, head, partial, validators, wanted

LATER = "Tue, 02 Jan 2024 00:00:00 GMT"
KINDS = {}


def kind(name):
    def register(function):
        KINDS[name] = function
        return function
    return register


def part(x, body):
    """Where the part that is asked for begins, whatever If-Range says."""
    x.headers.pop("if-range", None)
    found = wanted(x, body)
    return found[0] if found else 0


def answer_part(x, data, content_range, *headers):
    lines = ["Content-Range: " + content_range] if content_range else []
    x.send_head(head("206 Partial Content", *lines, *headers, length=len(data)))
    x.send(data)
    x.close = False


@fault("resume")
def resume(x):
    body = x.server.body(x.query)
    changes = x.rest.startswith("changed")
    if x.turn == 1:
        partial(x, x.number("after", 1000), body=content.damage(body, 0) if changes else body)
        return
    if changes:
        x.modified = LATER
    if "range" in x.headers:
        KINDS[x.rest](x, body)
    else:
        good(x)


@kind("honoured")
def honoured(x, body):
    good(x, body)


@kind("changed")
def changed(x, body):
    """The content is another one by now, and the server holds to If-Range."""
    good(x, body)


@kind("changed-unasked")
def changed_unasked(x, body):
    """The content is another one by now; the server does not know If-Range, but tells the new validators."""
    start = part(x, body)
    answer_part(x, body[start:], "bytes %d-%d/%d" % (start, len(body) - 1, len(body)), *validators(x, body))


@kind("changed-silently")
def changed_silently(x, body):
    """The content is another one by now, under the old validators."""
    start = part(x, body)
    x.modified = None
    answer_part(x, body[start:], "bytes %d-%d/%d" % (start, len(body) - 1, len(body)),
                *validators(x, content.damage(body, 0)))


@kind("ignored")
def ignored(x, body):
    """The whole, as an answer to a request for a part."""
    x.headers.pop("range")
    good(x, body)


@kind("start")
def wrong_start(x, body):
    """A part that begins ten bytes too early, and says so."""
    start = part(x, body) - 10
    answer_part(x, body[start:], "bytes %d-%d/%d" % (start, len(body) - 1, len(body)), *validators(x, body))


@kind("total")
def wrong_total(x, body):
    """The right part of a file that has grown."""
    start = part(x, body)
    answer_part(x, body[start:], "bytes %d-%d/%d" % (start, len(body) - 1, len(body) + 1000), *validators(x, body))


@kind("garbage")
def garbage(x, body):
    """The right part, with a Content-Range that is none."""
    answer_part(x, body[part(x, body):], "bytes what/ever", *validators(x, body))


@kind("unnamed")
def unnamed(x, body):
    """The right part, without a Content-Range."""
    answer_part(x, body[part(x, body):], None, *validators(x, body))


@kind("more")
def more(x, body):
    """More bytes than Content-Range says."""
    start = part(x, body)
    answer_part(x, body[start:] + b"more", "bytes %d-%d/%d" % (start, len(body) - 1, len(body)), *validators(x, body))


@kind("fewer")
def fewer(x, body):
    """Half of the part, as a whole answer that says so."""
    start = part(x, body)
    end = (start + len(body)) // 2
    answer_part(x, body[start:end], "bytes %d-%d/%d" % (start, end - 1, len(body)), *validators(x, body))


@kind("multipart")
def multipart(x, body):
    """The right part, wrapped as several are."""
    start = part(x, body)
    data = b"--b\r\nContent-Range: bytes %d-%d/%d\r\n\r\n%s\r\n--b--\r\n" % (
        start, len(body) - 1, len(body), body[start:])
    answer_part(x, data, None, "Content-Type: multipart/byteranges; boundary=b", *validators(x, body))


def refuse(x, *headers):
    x.send_head(head("416 Range Not Satisfiable", *headers, length=0))
    x.close = False


@kind("416")
def refused(x, body):
    """No such part, though there is one."""
    refuse(x, "Content-Range: bytes */%d" % len(body))


@kind("416-total")
def refused_with_another_size(x, _):
    refuse(x, "Content-Range: bytes */50")


@kind("416-bare")
def refused_without_a_size(x, _):
    refuse(x)


@fault("416-page")
def refused_with_a_page(x):
    """As a good server, but with a page for people behind each 416, as nginx has it."""
    body = x.server.body(x.query)
    if wanted(x, body) is False:
        x.send_head(head("416 Range Not Satisfiable", "Content-Range: bytes */%d" % len(body), length=len(PAGE)))
        x.send(PAGE)
        x.close = False
    else:
        good(x)


# --- For more connections than one ----------------------------------------------------------------------

HURRIED = set()  # targets of which somebody has asked for a part


@kind("429")
def too_many(x, _):
    x.send_head(head("429 Too Many Requests", length=0))
    x.close = False


@kind("503")
def unavailable(x, _):
    x.send_head(head("503 Busy", "Connection: close", length=0))


@kind("reset")
def dropped(x, _):
    x.reset()


@kind("half")
def dropped_midway(x, body):
    """Half of the part, or a little more, then the connection ends."""
    start, end = wanted(x, body)
    partial(x, (end - start + 1) // 2)


@fault("paced")
def paced(x):
    """/paced/KIND?rate=N: N bytes a second; who asks for a part gets what KIND says. With &hurry=yes, there is no pace
    once somebody has, and a moment has gone by."""
    body = x.server.body(x.query)
    if "range" in x.headers:
        HURRIED.add(x.target)
        KINDS[x.rest](x, body)
        return
    HURRIED.discard(x.target)
    x.send_head(head("200 OK", "Accept-Ranges: bytes", *validators(x, body), length=len(body)))
    patience = 10  # pieces
    for start in range(0, len(body), 32768):
        x.send(body[start:start + 32768])
        patience -= x.target in HURRIED and "hurry" in x.query
        if patience > 0:
            time.sleep(32768 / x.number("rate", 1 << 20))
    x.close = False
