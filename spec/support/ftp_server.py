"""An FTP server on a free loopback port: anyone may read the folder, and `me` with the password `secret` too.

    ftp_server.py FOLDER LOG        prints its process id and its port; LOG gets a line for each command that came.

Serves until it is killed, its parent ends, or ten minutes are over.
"""
import ctypes
import os
import signal
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer


class Handler(FTPHandler):
    banner = "specs"
    log_file = None

    def pre_process_command(self, line, cmd, arg):
        shown = "..." if cmd == "PASS" else arg
        self.log_file.write("%s %s\n" % (cmd, shown))
        self.log_file.flush()
        super().pre_process_command(line, cmd, arg)

    def log(self, msg, logfun=None):
        pass

    def log_cmd(self, cmd, arg, respcode, respstr):
        pass


def main(folder, log):
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    signal.alarm(600)
    sys.stderr = open(os.devnull, "w")
    Handler.authorizer = DummyAuthorizer()
    Handler.authorizer.add_anonymous(folder)
    Handler.authorizer.add_user("me", "secret", folder)
    Handler.log_file = open(log, "w")
    server = FTPServer(("127.0.0.1", 0), Handler)
    print(os.getpid(), server.address[1], flush=True)
    os.close(1)
    server.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
