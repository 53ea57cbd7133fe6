"""File names for clients that save a song."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

from django.http import HttpRequest

from jobs.models import Take

#: Characters with a special meaning for file systems, shells or headers.
_UNFIT = re.compile(r'[/\\:*?"<>|%;]')


def disposition(request: HttpRequest, take: Take, extension: str, *, is_of_take: bool = True) -> str:
    """Return a Content-Disposition with the job's name, in ASCII for old clients and in full (RFC 6266).
    `is_of_take` False: the file holds all takes."""
    way = "attachment" if request.GET.get("download") == "1" else "inline"
    name = safe_file_name(take.job.display_name) or f"Song {take.job_id}"
    if is_of_take and (label := take.job.take_label(take.index)):
        name = f"{name} ({label})"
    plain = safe_file_name(unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode())
    plain = plain or f"Song {take.job_id}"
    return f"{way}; filename=\"{plain}{extension}\"; filename*=UTF-8''{quote(name + extension, safe='')}"


def safe_file_name(title: str) -> str:
    """Return `title` as a file name: no separators, control or direction marks, and no dots at the ends."""
    letters = (" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in title)
    return " ".join(_UNFIT.sub(" ", "".join(letters)).split())[:100].strip(" .")
