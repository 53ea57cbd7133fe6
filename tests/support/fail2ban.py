"""What fail2ban reads from a log line, with the filter that docs/security.md gives."""

import configparser
import re

from audiomusic.devtools.scratch_server import ROOT

#: What fail2ban substitutes for <HOST>: an address or a name.
HOST = r"(?P<host>(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F:]{2,}(?:\.\d+)*|[\w\-.^_]*\w)"
DATE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+")


def documented(kind):
    """Return the filter ("Definition") or the jail ("audiomusic") as a dictionary."""
    text = (ROOT / "docs" / "security.md").read_text()
    [block] = [each for each in re.findall(r"```ini\n(.*?)```", text, re.S) if each.startswith(f"[{kind}]")]
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(block)
    return dict(parser[kind])


FAILURE = re.compile(documented("Definition")["failregex"].replace("<HOST>", HOST))


def banned_by(line):
    """Return the host that a line of a log file counts against, or None. The date is removed before the
    filter is applied."""
    match = FAILURE.search(DATE.sub("", line, count=1))
    return match["host"] if match else None


def banned_by_journal(line):
    """Return the same for a line from systemd's journal, which begins with host and program."""
    match = FAILURE.search(f"music python[4711]: {line}")
    return match["host"] if match else None
