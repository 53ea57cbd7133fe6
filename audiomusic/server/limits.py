"""Limits on what a client may send and on how long it may take. waitress leaves this policy to the
application.
"""

from __future__ import annotations

# Sizes, in bytes. The largest legitimate request (lyrics) is under 50 kB.
MOST_BODY_BYTES = 1_100_000  # slightly more than DATA_UPLOAD_MAX_MEMORY_SIZE, which gives the same error
UPLOAD_PATH = "/api/v1/music/uploads"  # the only path that accepts audio
MOST_UPLOAD_BYTES = 101_000_000  # a file of 100 MB plus the multipart overhead
MOST_HEAD_BYTES = 32_768
MOST_REQUEST_LINE_BYTES = 4_094
MOST_HEADER_LINE_BYTES = 8_190
MOST_HEADERS = 100
MOST_CHUNK_LINE_BYTES = 1_024  # waitress searches both of these again with every byte
MOST_TRAILER_BYTES = 8_192
RECEIVE_BYTES = 8_192
SEND_BYTES = 65_536  # read from a file at a time
TURN_BYTES = 1_048_576  # sent to one client before the others get their turn
OVERFLOW_BYTES = 262_144  # unsent response bytes stay in memory up to this size, then on disk

# Times, in seconds
FIRST_BYTE_S = 10.0  # within which a new connection must send something
REQUEST_S = 20.0  # from the first byte of a request to the last
UPLOAD_S = 300.0  # the same for an upload that keeps up with UPLOAD_LEAST_BYTES_S
UPLOAD_LEAST_BYTES_S = 64_000
KEEP_ALIVE_S = 15.0
STALLED_S = 20.0  # a client that reads none of a response for this long is disconnected
LEAST_BYTES_S = 8_000  # 64 kbit/s; after START_S, a client with a lower average is disconnected too
START_S = 30.0
LINGER_S = 5.0  # for reading on after the last response, which the client would miss otherwise
GRACEFUL_STOP_S = 5.0

# Counts, for each process
PIPELINED = 32  # requests that a connection may send before it reads a response
UPLOADS = 8  # concurrent uploads: each may take MOST_UPLOAD_BYTES of disk space
CONNECTIONS = 2_000
OPEN_FILES = 3 * CONNECTIONS + 1_000  # each connection may hold a file being sent and an overflow file
