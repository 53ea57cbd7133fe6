"""The process that analyses one file: `python -m audiomusic.engines.foreign.analyse_child FILE`.

It is separate from the worker, so that a song in progress keeps its CPU, memory is returned, and a timeout
can kill it.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from pathlib import Path

from audiomusic.engines.foreign.analysis import analyse
from audiomusic.engines.foreign.findings import NothingFound

NICENESS = 5


def main() -> None:
    with suppress(OSError):
        os.nice(NICENESS)
    try:
        found: object = analyse(Path(sys.argv[1]))
    except NothingFound as error:
        found = {"error": str(error)}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
