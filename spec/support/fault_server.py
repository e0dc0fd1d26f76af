"""A server on a free loopback port that fails in the way that the path asks for: /FAULT[/REST][?NAME=VALUE&...].

    fault_server.py [--root FOLDER] [--tls CERTIFICATE KEY]     serves until it is killed, its parent ends, or ten
                                                                minutes are over; prints its process id and its port
    fault_server.py --bytes SEED SIZE                           prints what ?seed=SEED&size=SIZE stands for

faults.py and resume_faults.py have the faults. Besides, /log answers with what was asked for so far, as JSON, /forget empties that log
and the counters of ?times=, and /release lets all held connections go. It listens at 127.0.0.1 and 127.0.0.2.
"""
import ctypes
import json
import os
import signal
import socket
import ssl
import sys
import threading
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import content  # noqa: E402
import faults  # noqa: E402
import resume_faults  # noqa: E402, F401: registers its own


class Exchange:
    """One request and the way to answer it; what a fault gets."""

    def __init__(self, server, connection, head):
        lines = head.decode("latin-1").split("\r\n")
        self.server, self.connection, self.head = server, connection, head
        self.method, self.target, _ = (lines[0] + "  ").split(" ", 2)
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.strip().lower()] = value.strip()
        path, _, query = self.target.partition("?")
        _, self.fault, *rest = path.split("/", 2) + ["", ""]
        self.rest = urllib.parse.unquote(rest[0])
        self.query = dict(urllib.parse.parse_qsl(query, keep_blank_values=True))
        self.close = True  # after the answer; a fault that leaves the connection in order may say otherwise
        self.hold = False  # whether the connection stays open, silent, until /release
        self.modified = None  # what Last-Modified says, where it is not the usual
        self.turn = 0      # how many times this target was asked for, with this one
        self.entry = {
            "method": self.method, "path": self.target, "range": self.headers.get("range"),
            "if_range": self.headers.get("if-range"), "host": self.headers.get("host"),
            "authorization": "authorization" in self.headers, "cookie": "cookie" in self.headers, "sent": 0,
        }

    def number(self, name, default):
        """The parameter as an integer."""
        return int(self.query.get(name, default))

    def send(self, data):
        """Sends bytes of a body, which the log counts."""
        view = memoryview(data)
        for start in range(0, len(view), 65536):
            piece = view[start:start + 65536]
            self.connection.sendall(piece)
            self.entry["sent"] += len(piece)

    def send_head(self, data):
        """Sends a status line and headers."""
        self.connection.sendall(data)

    def reset(self):
        """Ends the connection so that the client sees a reset instead of an end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.close = True


class Server:
    def __init__(self, root):
        self.root = root
        self.lock = threading.Lock()
        self.entries, self.turns, self.held = [], {}, []

    def body(self, query):
        """The bytes that a query stands for."""
        if "file" in query:
            with open(os.path.join(self.root, os.path.basename(query["file"])), "rb") as file:
                return file.read()
        if "size" in query:
            return content.generate(query.get("seed", "0"), int(query["size"]))
        return content.BODY

    def note(self, exchange):
        with self.lock:
            self.entries.append(exchange.entry)
            exchange.turn = self.turns[exchange.target] = self.turns.get(exchange.target, 0) + 1

    def control(self, exchange):
        """Answers what is no fault; whether it did."""
        answer = b""
        with self.lock:
            if exchange.fault == "log":
                answer = json.dumps(self.entries).encode()
            elif exchange.fault == "forget":
                self.entries, self.turns = [], {}
            elif exchange.fault == "release":
                for connection in self.held:
                    connection.close()
                self.held = []
            else:
                return False
        exchange.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
                                    b"Content-Length: %d\r\n\r\n%s" % (len(answer), answer))
        return True

    def exchange(self, connection, head):
        """Answers a request; whether the connection takes another one."""
        exchange = Exchange(self, connection, head)
        if self.control(exchange):
            return False
        self.note(exchange)
        faults.answer(exchange)
        if exchange.hold:
            with self.lock:
                self.held.append(connection)
            return None
        return not exchange.close

    def handle(self, connection):
        keep, rest = True, b""
        try:
            while keep:
                while b"\r\n\r\n" not in rest:
                    piece = connection.recv(65536)
                    if not piece:
                        connection.close()
                        return
                    rest += piece
                head, _, rest = rest.partition(b"\r\n\r\n")
                keep = self.exchange(connection, head + b"\r\n\r\n")
            if keep is False:
                connection.close()
        except OSError:  # the client has gone
            connection.close()


def accept(listener, server, context):
    while True:
        connection, _ = listener.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=greet, args=(connection, server, context), daemon=True).start()


def greet(connection, server, context):
    if context:
        try:
            connection = context.wrap_socket(connection, server_side=True)
        except OSError:  # a client that does not trust us
            connection.close()
            return
    server.handle(connection)


def listen():
    """Sockets at both addresses with one port."""
    for _ in range(20):
        first = socket.create_server(("127.0.0.1", 0), backlog=512)
        try:
            return first, socket.create_server(("127.0.0.2", first.getsockname()[1]), backlog=512)
        except OSError:
            first.close()
    raise OSError("no port is free at both addresses")


def main(arguments):
    if arguments[:1] == ["--bytes"]:
        sys.stdout.buffer.write(content.generate(arguments[1], int(arguments[2])))
        return
    options = {"--root": "."}
    context = None
    while arguments:
        if arguments[0] == "--tls":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(arguments[1], arguments[2])
            arguments = arguments[3:]
        else:
            options[arguments[0]] = arguments[1]
            arguments = arguments[2:]
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    signal.alarm(600)
    server = Server(options["--root"])
    first, second = listen()
    print(os.getpid(), first.getsockname()[1], flush=True)
    os.close(1)
    threading.Thread(target=accept, args=(second, server, context), daemon=True).start()
    accept(first, server, context)


if __name__ == "__main__":
    main(sys.argv[1:])
