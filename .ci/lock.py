"""Creates the lock files from the requirements: every version, with the hashes of all its files.

torch and the packages that only it needs are excluded: its builds differ by machine, so requirements.txt pins
its version but not its files. `make lock` keeps each locked version that still fits; `make lock
UPGRADE=--upgrade` takes the newest that fits.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: The development lock comes first: it contains everything, and the others take their versions from it.
NAMES = ("requirements-dev", "requirements", "requirements-acestep")
UNLOCKED = "torch"
PYTHON = "3.11"  # the oldest supported version; markers cover newer versions and other platforms
HEADER = "# Made from {name}.txt by `make lock`; do not edit. Install it with --require-hashes --no-deps.\n"
COMMAND = (
    sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", PYTHON,
    "--generate-hashes", "--no-annotate", "--no-header",
)  # fmt: skip


def index_environment() -> dict[str, str]:
    """Return pip's index for uv, which does not read pip's configuration."""
    found = os.environ.get("PIP_INDEX_URL") or subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True
    ).stdout.strip()  # fmt: skip
    return {"UV_DEFAULT_INDEX": found} if found and "UV_DEFAULT_INDEX" not in os.environ else {}


def lock(name: str, options: list[str]) -> None:
    """Write one lock file. Raises CalledProcessError if no set of versions fits."""
    path = ROOT / f"{name}.lock"
    known = path.read_text() if path.exists() else ""
    with tempfile.TemporaryDirectory() as folder:
        excluded, made = Path(folder) / "excluded.txt", Path(folder) / path.name
        excluded.write_text(f"{UNLOCKED}\n")
        if "<<<<<<<" not in known:  # a merge conflict is resolved by locking from scratch
            made.write_text(known)
        constraints = [] if name == NAMES[0] else ["--constraint", f"{NAMES[0]}.lock"]
        arguments = [f"{name}.txt", "--excludes", str(excluded), *constraints, "--output-file", str(made)]
        subprocess.run(
            [*COMMAND, *options, *arguments], cwd=ROOT, env=os.environ | index_environment(),
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        path.write_text(HEADER.format(name=name) + made.read_text())


def main(options: list[str]) -> int:
    try:
        for name in NAMES:
            lock(name, options)
    except subprocess.CalledProcessError as error:
        return error.returncode
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
