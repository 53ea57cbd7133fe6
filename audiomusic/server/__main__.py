"""`python -m audiomusic.server FD THREADS`: one web process, started by `manage.py serve`."""

from __future__ import annotations

import socket
import sys

from audiomusic.server.http import serve

if __name__ == "__main__":
    serve(socket.socket(fileno=int(sys.argv[1])), threads=int(sys.argv[2]))
