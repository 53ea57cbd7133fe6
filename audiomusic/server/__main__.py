"""`python -m audiomusic.server FD THREADS COUNTS_FD PLACE`: one web process, started by `manage.py serve`."""

from __future__ import annotations

import socket
import sys

from audiomusic.server.connection_counts import ConnectionCounts
from audiomusic.server.http import serve

if __name__ == "__main__":
    descriptor, threads, counts, place = map(int, sys.argv[1:])
    serve(socket.socket(fileno=descriptor), threads=threads, counts=ConnectionCounts(counts, place))
