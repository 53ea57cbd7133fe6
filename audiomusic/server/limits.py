"""How much a client may send, and how long it may take: the policy that waitress leaves to its user."""

from __future__ import annotations

# Sizes, in bytes. The largest honest request (lyrics) has under 50 kB.
MOST_BODY_BYTES = 1_100_000  # a little more than DATA_UPLOAD_MAX_MEMORY_SIZE, whose refusal says the same
UPLOAD_PATH = "/api/v1/music/uploads"  # the one address that takes audio
MOST_UPLOAD_BYTES = 101_000_000  # a file of 100 MB and what multipart puts around it
MOST_HEAD_BYTES = 32_768
MOST_REQUEST_LINE_BYTES = 4_094
MOST_HEADER_LINE_BYTES = 8_190
MOST_HEADERS = 100
MOST_CHUNK_LINE_BYTES = 1_024  # waitress searches these two again with each byte that comes
MOST_TRAILER_BYTES = 8_192
RECEIVE_BYTES = 8_192
SEND_BYTES = 65_536  # read from a file at once
TURN_BYTES = 1_048_576  # sent to one client before the others have their turn
OVERFLOW_BYTES = 262_144  # what a client does not take of an answer waits in memory up to here, then on disk

# Times, in seconds
FIRST_BYTE_S = 10.0  # a new connection sends something within
REQUEST_S = 20.0  # from the first byte of a request to its last
UPLOAD_S = 300.0  # the same of an upload, as long as it keeps up with UPLOAD_LEAST_BYTES_S
UPLOAD_LEAST_BYTES_S = 64_000
KEEP_ALIVE_S = 15.0
STALLED_S = 20.0  # a client that takes nothing of an answer for so long is disconnected
LEAST_BYTES_S = 8_000  # 64 kbit/s; after START_S, so is one that takes less on the whole
START_S = 30.0
LINGER_S = 5.0  # what still comes after the last answer is read for so long, or the client would miss it
GRACEFUL_STOP_S = 5.0

# Numbers, for each process
PIPELINED = 32  # requests that one connection may send before it has read an answer
UPLOADS = 8  # that arrive at the same time: each may take MOST_UPLOAD_BYTES of the disk
CONNECTIONS = 2_000
OPEN_FILES = 3 * CONNECTIONS + 1_000  # each connection may hold a file that is sent, and one that overflowed
