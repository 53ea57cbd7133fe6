"""What fail2ban does with a line of a log, by the filter that docs/security.md gives."""

import configparser
import re

from audiomusic.devtools.scratch_server import ROOT

#: What fail2ban puts in the place of <HOST>: an address, or a name.
HOST = r"(?P<host>(?:\d{1,3}\.){3}\d{1,3}|[0-9a-fA-F:]{2,}(?:\.\d+)*|[\w\-.^_]*\w)"
DATE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d+")


def documented(kind):
    """The filter ("Definition") or the jail ("audiomusic"), as a dictionary."""
    text = (ROOT / "docs" / "security.md").read_text()
    [block] = [each for each in re.findall(r"```ini\n(.*?)```", text, re.S) if each.startswith(f"[{kind}]")]
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(block)
    return dict(parser[kind])


FAILURE = re.compile(documented("Definition")["failregex"].replace("<HOST>", HOST))


def banned_by(line):
    """Whom a line of a file counts against; None: nobody. The date is cut out before the filter looks."""
    match = FAILURE.search(DATE.sub("", line, count=1))
    return match["host"] if match else None


def banned_by_journal(line):
    """The same of a line that systemd's journal hands over: host and program come before it."""
    match = FAILURE.search(f"music python[4711]: {line}")
    return match["host"] if match else None
