"""Fetching audio from external URLs, only in workers: web processes never call a URL that a user chose."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urlsplit

from django.conf import settings

from audiomusic.accounts.models import User
from audiomusic.engines.foreign.bounds import SourceUnusable
from audiomusic.http.safe_http import (
    AddressRefused,
    AnswerTooLarge,
    CallFailed,
    check_literal,
    download,
    parse_target,
)
from jobs.storage.byte_sizes import size_words
from jobs.uploads.limits import FETCH_S, max_source_bytes
from jobs.uploads.models import SourceFile
from jobs.uploads.names import tidy_file_name
from jobs.uploads.services import source_create

NOT_ALLOWED = "source_url_not_allowed"
OFF = "This server does not fetch files from other addresses. Upload the file instead."


def address_check(url: str) -> None:
    """Check a URL without any network access. Raises SourceUnusable."""
    if settings.SOURCE_URLS == "off":
        raise SourceUnusable(OFF, NOT_ALLOWED)
    try:
        target = parse_target(url)
        if settings.SOURCE_URLS != "private":
            check_literal(target)
    except AddressRefused as error:
        raise SourceUnusable(str(error), NOT_ALLOWED) from None


def source_fetch(*, user: User, url: str) -> SourceFile:
    """Fetch and store the file at the URL. Raises SourceUnusable with the code of the problem, and what
    `source_create` raises."""
    with fetched(url) as path:
        return source_create(
            user=user,
            path=path,
            file_name=_name_in(url),
            origin=SourceFile.Origin.URL,
            address=redacted_url(url),
        )


@contextmanager
def fetched(url: str) -> Iterator[Path]:
    """Download the URL to a temporary file that exists within the context. Raises SourceUnusable."""
    address_check(url)
    with TemporaryDirectory(prefix="audiomusic-") as folder:
        path = Path(folder) / "fetched"
        _download(url, path)
        yield path


def redacted_url(url: str) -> str:
    """Return the URL without its query, which often contains a key."""
    parts = urlsplit(url)
    return parts._replace(query="…" if parts.query else "", fragment="").geturl()


def _download(url: str, path: Path) -> None:
    most = max_source_bytes()
    try:
        size = download(
            url, path, max_bytes=most, timeout_s=FETCH_S, allow_private=settings.SOURCE_URLS == "private"
        )
    except AddressRefused as error:
        raise SourceUnusable(str(error), NOT_ALLOWED) from None
    except AnswerTooLarge:
        raise SourceUnusable(f"Expected at most {size_words(most)}, got more.", "source_too_large") from None
    except CallFailed as error:
        raise SourceUnusable(f"The file could not be fetched: {error}", "source_unreachable") from None
    if not size:
        raise SourceUnusable("The address returned an empty response.", "source_not_audio")


def _name_in(url: str) -> str:
    return tidy_file_name(unquote(PurePosixPath(urlsplit(url).path).name))
