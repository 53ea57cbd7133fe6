"""Signed links to a take's sound, waveform, lyrics, score and recipe: they need no key, and expire.

A token is `job-take-kind-expiry.signature`, the expiry in hours since 1970, signed with HMAC-SHA256. A list
of 100 jobs contains hundreds of links, so making one is string work and a hash: no query, no pickling, no URL
resolving. All links made within an hour are equal, so responses that contain them stay cacheable.
"""

from __future__ import annotations

import math
import time
from functools import lru_cache
from typing import NamedTuple

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest
from django.utils.text import slugify

from audiomusic.engines.encoding import FORMATS, STREAM_FORMATS
from jobs.models import Job

HOUR_S = 3600
LRC_KIND = "lrc"
ENHANCED_LRC_KIND = "elrc"
PEAKS_KIND = "peaks"
STREAM_KIND = "stream"
SCORE_KIND = "score"
MIDI_KIND = "midi"
ABC_KIND = "abc"
MUSICXML_KIND = "musicxml"
RECIPE_KIND = "recipe"
STEMS_KIND = "stems"
PROJECT_KIND = "project"
COVER_KIND = "cover"  # the values of CoverSize
THUMB_KIND = "thumb"


class LinkInvalid(Exception):
    """The token was not made here, or was changed."""


class LinkExpired(Exception):
    """The token was valid but has expired."""


class Link(NamedTuple):
    """The target of a token."""

    job_id: int
    take_index: int  # from 1
    kind: str  # a format or one of the kinds above


def site_url(request: HttpRequest | None = None) -> str:
    """Return the base URL of links, without a trailing slash: the public URL if it is set, else the request's
    host, else (in a worker) the address the server listens on."""
    if settings.PUBLIC_URL:
        return str(settings.PUBLIC_URL)
    if request is not None:
        return f"{request.scheme}://{request.get_host()}"
    return str(settings.LISTEN_URL)


def audio_url(job: Job, take_index: int, format: str, *, base_url: str) -> str:
    """Return the link to a take in `format`; the file is made on first request."""
    leaf = f"{_stem(job, take_index)}{FORMATS[format].extension}"
    return _url("audio", job, take_index, format, leaf, base_url)


def audio_urls(job: Job, take_index: int, *, base_url: str) -> dict[str, str]:
    """Map every format to its link."""
    stem = _stem(job, take_index)
    return {
        format: _url("audio", job, take_index, format, f"{stem}{codec.extension}", base_url)
        for format, codec in FORMATS.items()
    }


def stream_url(job: Job, take_index: int, *, base_url: str) -> str:
    """Return the link to a take in a light format: Opus in WebM. With its ending changed to `.opus` or `.mp3`
    it returns Opus in Ogg, or MP3."""
    leaf = f"{_stem(job, take_index)}{STREAM_FORMATS['webm'].extension}"
    return _url("audio", job, take_index, STREAM_KIND, leaf, base_url)


def peaks_url(job: Job, take_index: int, *, base_url: str) -> str:
    """Return the link to a take's waveform data."""
    return _url("peaks", job, take_index, PEAKS_KIND, "", base_url)


def lrc_url(job: Job, take_index: int, *, base_url: str) -> str:
    """Return the link to a take's synchronized lyrics."""
    return _url("lrc", job, take_index, LRC_KIND, f"{_stem(job, take_index)}.lrc", base_url)


def enhanced_lrc_url(job: Job, take_index: int, *, base_url: str) -> str:
    """Return the link to a take's lyrics with a time for each word."""
    return _url("lrc", job, take_index, ENHANCED_LRC_KIND, f"{_stem(job, take_index)}-by-word.lrc", base_url)


def score_url(job: Job, take_index: int, *, base_url: str) -> str:
    """Return the link to a take's score as JSON."""
    return _url("score", job, take_index, SCORE_KIND, f"{_stem(job, take_index)}.json", base_url)


def midi_url(job: Job, take_index: int, *, base_url: str) -> str:
    """Return the link to a take's score as a MIDI file."""
    return _url("score", job, take_index, MIDI_KIND, f"{_stem(job, take_index)}.mid", base_url)


def abc_url(job: Job, take_index: int, *, base_url: str) -> str:
    """Return the link to a take's score as ABC text."""
    return _url("score", job, take_index, ABC_KIND, f"{_stem(job, take_index)}.abc", base_url)


def musicxml_url(job: Job, take_index: int, *, base_url: str) -> str:
    """Return the link to a take's score as MusicXML."""
    return _url("score", job, take_index, MUSICXML_KIND, f"{_stem(job, take_index)}.musicxml", base_url)


def recipe_url(job: Job, take_index: int, *, base_url: str) -> str:
    """Return the link to everything needed to make a take again."""
    return _url("recipe", job, take_index, RECIPE_KIND, f"{_stem(job, take_index)}.json", base_url)


def archive_url(job: Job, kind: str, *, base_url: str) -> str:
    """Return the link to all stems of a job that made them, as a ZIP: alone, or as a project."""
    return _url("archive", job, 1, kind, f"{_slug(job.display_name) or f'song-{job.id}'}.zip", base_url)


def cover_url(job: Job, *, base_url: str, kind: str = COVER_KIND) -> str:
    """Return the link to a job's picture: its owner's if there is one, else the drawn one. A new picture has
    a new URL."""
    leaf = f"{job.cover_version}.jpg" if job.cover_version else "drawn.png"
    return _url("cover", job, 1, kind, leaf, base_url)


def make_token(job_id: int, take_index: int, kind: str) -> str:
    """Return a token that opens one take in one `kind` for AUDIO_LINK_HOURS, up to an hour more."""
    expiry_h = math.ceil(time.time() / HOUR_S) + settings.AUDIO_LINK_HOURS
    return _sign(job_id, take_index, kind, expiry_h)


def read_token(token: str) -> Link:
    """Return the target of `token`. The signature is compared in constant time, before anything is parsed.
    Raises LinkInvalid or LinkExpired."""
    try:
        job_id, take_index, kind, expiry_h = _signer().unsign(token).split("-")
    except BadSignature:
        raise LinkInvalid from None
    if time.time() >= int(expiry_h) * HOUR_S:
        raise LinkExpired
    return Link(int(job_id), int(take_index), kind)


@lru_cache(maxsize=8192)  # links stay the same for an hour; clients that poll a job request them repeatedly
def _sign(job_id: int, take_index: int, kind: str, expiry_h: int) -> str:
    return _signer().sign("-".join(map(str, (job_id, take_index, kind, expiry_h))))


def _signer() -> Signer:
    return Signer(sep=".", salt="jobs.links")


def _url(room: str, job: Job, take_index: int, kind: str, leaf: str, base_url: str) -> str:
    """Build the URL by hand, because resolving costs more than signing; a test compares it with the URL
    table."""
    url = f"{settings.PUBLIC_URL or base_url}/{room}/{make_token(job.id, take_index, kind)}"
    return f"{url}/{leaf}" if leaf else url


@lru_cache(maxsize=8192)  # a list of jobs needs hundreds
def _slug(name: str) -> str:
    return slugify(name)[:60].strip("-_")


def _stem(job: Job, take_index: int) -> str:
    """Return a file name for the address bar and for clients that save under it. It is not signed: renaming a
    job must not break existing links."""
    stem = _slug(job.display_name) or f"song-{job.id}"
    label = job.take_label(take_index)
    return f"{stem}-{label.replace(' ', '-')}" if label else stem
