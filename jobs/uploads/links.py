"""Signed links to external files: they need no key, and expire with the file at the latest."""

from __future__ import annotations

import math
import time

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.utils.text import slugify

from jobs.storage.links import HOUR_S, LinkExpired, LinkInvalid
from jobs.uploads.models import SourceFile

ROOM = "source"  # the first part of their paths


def source_url(source: SourceFile, *, base_url: str) -> str:
    expiry_h = math.ceil(time.time() / HOUR_S) + settings.AUDIO_LINK_HOURS
    token = _signer().sign(f"{source.id}-{expiry_h}")
    stem = slugify(source.file_name.rpartition(".")[0])[:60].strip("-_") or f"upload-{source.id}"
    return f"{settings.PUBLIC_URL or base_url}/{ROOM}/{token}/{stem}.{source.format}"


def read_source_token(token: str) -> int:
    """Return the id of the file that the token opens. Raises LinkInvalid or LinkExpired."""
    try:
        source_id, expiry_h = _signer().unsign(token).split("-")
    except BadSignature:
        raise LinkInvalid from None
    if time.time() >= int(expiry_h) * HOUR_S:
        raise LinkExpired
    return int(source_id)


def _signer() -> Signer:
    return Signer(sep=".", salt="jobs.uploads.links")
