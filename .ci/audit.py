"""Known vulnerabilities of the installed packages, from pip-audit.

Exit codes:
0  everything was checked, without known vulnerabilities; or the advisory service could not be reached or
   knows no package at all, which a banner says, because that is not a fault of the code under test
1  there is a known vulnerability
2  the check itself failed, or the service does not know all of the packages: a package that was not checked
   does not count as safe
3  nothing could be checked, although `AUDIOMUSIC_AUDIT=required` demands it

`AUDIOMUSIC_AUDIT=off` skips the check, and prints the same banner.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

COMMAND = (sys.executable, "-m", "pip_audit", "--local", "--format", "json", "--progress-spinner", "off")
TIMEOUT_S = 300
#: Known vulnerabilities that do not matter here: ID -> reason. Remove an entry as soon as a fixed release
#: exists.
ACCEPTED: Mapping[str, str] = {}
#: Packages that an index need not list: torch's builds for one kind of machine are published elsewhere.
UNLISTED = frozenset({"torch"})
NOT_CHECKED = "Dependencies were NOT checked"
#: Messages of pip-audit and its HTTP library if the service cannot be reached or does not respond. An invalid
#: certificate is not among them, because it may mean a man-in-the-middle attack.
_UNREACHABLE = re.compile(
    r"could not connect|ConnectionError|ConnectTimeout|ReadTimeout|ProxyError|no answer within"
    r"|failed to resolve|connection (refused|reset)|network is unreachable|50[234] Server Error",
    re.IGNORECASE,
)
_UNTRUSTED = re.compile(r"SSLError|CERTIFICATE_VERIFY_FAILED", re.IGNORECASE)
MODES = ("", "required", "off")


def ask(command: tuple[str, ...] = COMMAND) -> tuple[dict[str, Any] | None, str]:
    """Return pip-audit's result and its error message. The result is None if the check failed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return None, f"no answer within {TIMEOUT_S} s"
    complaint = (done.stderr.strip().splitlines() or ["no answer"])[-1]
    try:
        found: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return None, complaint
    if done.returncode and not any(package.get("vulns") for package in found["dependencies"]):
        return None, f"exit code {done.returncode}: {complaint}"
    return found, ""


def holes_of(found: Mapping[str, Any]) -> list[str]:
    """Return a line for each vulnerability that is not accepted."""
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
    """Return the exit code and the lines to print."""
    if found is None:
        return _judge_failure(complaint)
    packages = found["dependencies"]
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    checked = len(packages) - len(unknown)
    if not packages:
        return 2, [f"{NOT_CHECKED}: pip-audit found no package."]
    if not checked:
        return _unchecked_code(), [f"{NOT_CHECKED}: the advisory service knows none of them."]
    holes = holes_of(found)
    lines = [*holes, f"{checked} packages checked: {len(holes) or 'no'} known holes."]
    if unknown:
        lines.append(f"Not checked, for the service does not know them: {', '.join(unknown)}.")
    if holes:
        return 1, lines
    return (2 if set(unknown) - UNLISTED else 0), lines


def _judge_failure(complaint: str) -> tuple[int, list[str]]:
    if _UNREACHABLE.search(complaint) and not _UNTRUSTED.search(complaint):
        return _unchecked_code(), [f"{NOT_CHECKED}: the advisory service could not be asked ({complaint})."]
    return 2, [f"{NOT_CHECKED}: the check itself failed ({complaint})."]


def _unchecked_code() -> int:
    return 3 if os.environ.get("AUDIOMUSIC_AUDIT") == "required" else 0


def banner(lines: list[str]) -> list[str]:
    """Frame the lines so that no one overlooks them in a long log."""
    return ["!" * 100, *(f"!!! {line}" for line in lines), "!" * 100]


def main() -> int:
    mode = os.environ.get("AUDIOMUSIC_AUDIT", "")
    if mode not in MODES:
        print(f"Expected AUDIOMUSIC_AUDIT to be required, off or empty, got {mode!r}.")
        return 2
    if mode == "off":
        code, lines = 0, [f"{NOT_CHECKED}: AUDIOMUSIC_AUDIT is off."]
    else:
        code, lines = judge(*ask())
    print("\n".join(banner(lines) if lines[0].startswith(NOT_CHECKED) else lines))
    return code


if __name__ == "__main__":
    raise SystemExit(main())
