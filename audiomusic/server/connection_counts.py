"""How many connections each web process holds, in memory that all of them see.

The processes share one listening socket, so that the death of one loses no connection and a second start on
the port fails. But the first to wake up takes what came, and of 16 clients that keep their connections one
process may get 12 for good. Each process therefore looks here before it accepts (`WebServer.handle_accept`).

Measured with `wrk -c16` on the status of a job, on two cores that had other work too: without this the two
processes held 8:8, 8:8, 7:9, 7:9, 5:11, 4:12, 3:13, 2:14 and 0:16 (the last at 427 requests a second, where
7:9 gave 805 a moment before); with it 8:8 five times of five. With 3 ms in place of LEAVE_S one still got 11
to 16: the loop of a busy process shares its core with the threads that answer, and is late.

SO_REUSEPORT was no way out: a socket for each process splits the connections by chance, not by number; those
that wait at a process that died wait for its successor; and a second server would start on the same port and
take half of the calls.
"""

from __future__ import annotations

import mmap
import struct
import tempfile
from typing import IO

_NUMBER = struct.Struct("i")


def open_counts(processes: int) -> IO[bytes]:
    """A file without a name that the processes inherit."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
    file.truncate(processes * _NUMBER.size)
    return file


class ConnectionCounts:
    """`place`: that of this process. Only it writes there, so nothing is locked."""

    def __init__(self, descriptor: int, place: int) -> None:
        self._memory = mmap.mmap(descriptor, 0)
        self._place = place
        self.mine = 0  # a predecessor that died left another number

    @property
    def mine(self) -> int:
        return self._read(self._place)

    @mine.setter
    def mine(self, count: int) -> None:
        _NUMBER.pack_into(self._memory, self._place * _NUMBER.size, count)

    @property
    def fewest_of_others(self) -> int | None:
        """None where there is no other process."""
        places = range(len(self._memory) // _NUMBER.size)
        return min((self._read(place) for place in places if place != self._place), default=None)

    def _read(self, place: int) -> int:
        number: int = _NUMBER.unpack_from(self._memory, place * _NUMBER.size)[0]
        return number
