"""The number of connections of each web process, in memory that all of them share.

The processes share one listening socket, so no connection is lost when one dies, and a second start on the
port fails. But the first process to wake up accepts a new connection, and of 16 keep-alive clients one
process may get 12 for good. So each process checks these counts before it accepts
(`WebServer.handle_accept`).

Measured with `wrk -c16` on the status of a job, on two cores with other work: without this, the two processes
held 8:8, 8:8, 7:9, 7:9, 5:11, 4:12, 3:13, 2:14 and 0:16 (the last at 427 requests a second, where 7:9 had 805
just before); with it, 8:8 five times out of five. With 3 ms in place of LEAVE_S, one process still got 11 to
16: the loop of a busy process shares its core with the threads that answer, and runs late.

SO_REUSEPORT does not help: with a socket per process, chance distributes the connections, not their number;
connections that wait for a dead process wait for its successor; and a second server could start on the same
port and take half of the requests.
"""

from __future__ import annotations

import mmap
import struct
import tempfile
from typing import IO

_NUMBER = struct.Struct("i")


def open_counts(processes: int) -> IO[bytes]:
    """Return an unnamed file that the processes inherit."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 (the caller closes it)
    file.truncate(processes * _NUMBER.size)
    return file


class ConnectionCounts:
    """The counts. `place` is this process's slot; only this process writes there, so no lock is needed."""

    def __init__(self, descriptor: int, place: int) -> None:
        self._memory = mmap.mmap(descriptor, 0)
        self._place = place
        self.mine = 0  # clear the count of a predecessor that died

    @property
    def mine(self) -> int:
        return self._read(self._place)

    @mine.setter
    def mine(self, count: int) -> None:
        _NUMBER.pack_into(self._memory, self._place * _NUMBER.size, count)

    @property
    def fewest_of_others(self) -> int | None:
        """The lowest count of the other processes, or None if there are none."""
        places = range(len(self._memory) // _NUMBER.size)
        return min((self._read(place) for place in places if place != self._place), default=None)

    def _read(self, place: int) -> int:
        number: int = _NUMBER.unpack_from(self._memory, place * _NUMBER.size)[0]
        return number
