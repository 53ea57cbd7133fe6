"""Known holes in what is installed, as pip-audit finds them: exit code 1 where there is one.

An advisory service that cannot be asked is no fault of the code that is looked at: one line says so, and
the code is 0. `AUDIOMUSIC_AUDIT=off` asks nobody.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

COMMAND = (sys.executable, "-m", "pip_audit", "--local", "--format", "json", "--progress-spinner", "off")
TIMEOUT_S = 300
#: Holes that are known and do not matter here: id -> why. Empty it as soon as there is a mended release.
ACCEPTED: Mapping[str, str] = {}


def ask(command: tuple[str, ...] = COMMAND) -> tuple[dict[str, Any] | None, str]:
    """What pip-audit found, and what it complained of. None: it could not ask."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return None, f"no answer within {TIMEOUT_S} s"
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return None, (done.stderr.strip().splitlines() or ["no answer"])[-1]
    return found, ""


def holes_of(found: Mapping[str, Any]) -> list[str]:
    """A line for each hole that is not accepted."""
    return [
        f"{package['name']} {package['version']}: {hole['id']}"
        f"{_mended_in(hole['fix_versions'])}{_also(hole.get('aliases', []))}"
        for package in found["dependencies"]
        for hole in package.get("vulns", ())
        if not {hole["id"], *hole.get("aliases", ())} & set(ACCEPTED)
    ]


def _mended_in(versions: list[str]) -> str:
    return f", mended in {', '.join(versions)}" if versions else ", not mended yet"


def _also(aliases: list[str]) -> str:
    return f" ({', '.join(aliases)})" if aliases else ""


def judge(found: Mapping[str, Any] | None, complaint: str) -> tuple[int, list[str]]:
    """The exit code, and the lines to print."""
    if found is None:
        return 0, [f"Dependencies were NOT checked: the advisory service could not be asked ({complaint})."]
    packages = found["dependencies"]
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    checked = len(packages) - len(unknown)
    if packages and not checked:
        return 0, ["Dependencies were NOT checked: the advisory service knows none of them."]
    holes = holes_of(found)
    lines = [*holes, f"{checked} packages checked: {len(holes) or 'no'} known holes."]
    if unknown:
        lines.append(f"Not checked, for the service does not know them: {', '.join(unknown)}.")
    return int(bool(holes)), lines


def main() -> int:
    if os.environ.get("AUDIOMUSIC_AUDIT") == "off":
        print("Dependencies were NOT checked: AUDIOMUSIC_AUDIT is off.")
        return 0
    code, lines = judge(*ask())
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    raise SystemExit(main())
