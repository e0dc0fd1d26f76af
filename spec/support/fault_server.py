"""A server on a free loopback port that fails in the way that the path asks for.

Prints its port, then serves until it is killed, its parent ends, or five minutes are over.
"""
import ctypes
import os
import signal
import socket
import sys
import threading

PAGE = b"<!DOCTYPE html>\n<html><body>Please log in</body></html>\n"
BODY = bytes(range(256)) * 16  # 4096 bytes
held = []  # connections left open for ever


def answer(status, body=b"", headers=(), length=None):
    lines = ["HTTP/1.1 " + status, "Connection: close",
             "Content-Length: %d" % (len(body) if length is None else length)]
    return "\r\n".join(lines + list(headers) + ["", ""]).encode("latin-1") + body


def chunked(body, end=True):
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(body[i:i + 100]), body[i:i + 100]) for i in range(0, len(body), 100))
    return head + chunks + (b"0\r\n\r\n" if end else b"")



def serve(connection, head):
    words = head.split(b" ")[1].decode().split("/")
    fault, rest = words[1], "/".join(words[2:])
    hold = False
    reply = b""
    if fault == "status":
        reply = answer(rest.replace("%20", " "), b"sorry")
    elif fault == "whole":
        reply = answer("200 OK", BODY, ["ETag: \"e1\"", "Last-Modified: Mon, 01 Jan 2024 00:00:00 GMT",
                                        "Content-Type: application/x-test"])
    elif fault == "silent":
        hold = True
    elif fault == "stall":
        reply, hold = answer("200 OK", BODY[:12], length=99), True
    elif fault == "interrupt":
        os.kill(int(rest), signal.SIGINT)
        reply, hold = answer("200 OK", BODY[:12], length=99), True
    elif fault == "truncated":
        reply = answer("200 OK", BODY[:1000], length=4096)
    elif fault == "chunked":
        reply = chunked(BODY)
    elif fault == "cut-chunks":
        reply = chunked(BODY[:1000], end=False)
    elif fault == "html":
        reply = answer("200 OK", PAGE + b" " * (2400 - len(PAGE)), ["Content-Type: text/html"])
    elif fault == "small-html":
        reply = b"HTTP/1.1 200 OK\r\n\r\n" + PAGE
    elif fault == "zip":
        reply = answer("200 OK", b"PK\x03\x04" + BODY)
    elif fault == "empty":
        reply = answer("200 OK")
    elif fault == "loop":
        reply = answer("302 Found", headers=["Location: /loop"])
    elif fault == "redirect":
        reply = answer("302 Found", headers=["Location: " + rest.replace("%3a", ":")])
    elif fault == "ansi":
        reply = answer("404 \x1b[31mRed\x07 \x9b1m", headers=["ETag: \x1b]0;title\x07"])
    elif fault == "gopher":
        reply = b"3 no such thing\r\n"
    elif fault == "echo":
        reply = answer("200 OK", head)
    if reply:
        connection.sendall(reply)
    if hold:
        held.append(connection)
        return
    connection.close()


def handle(connection):
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(65536)
        if not piece:
            connection.close()
            return
        head += piece
    try:
        serve(connection, head)
    except OSError:
        connection.close()


def main():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    signal.alarm(300)
    listener = socket.create_server(("127.0.0.1", 0))
    print(os.getpid(), listener.getsockname()[1], flush=True)
    os.close(1)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=handle, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
