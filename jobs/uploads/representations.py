"""An external file as the API returns it."""

from __future__ import annotations

from typing import TypedDict

from jobs.uploads.links import source_url
from jobs.uploads.models import SourceFile


class UploadBody(TypedDict):
    """An uploaded file. `sha256` is of the file as received. `expires_at` null: a job needs it, so it is
    kept."""

    id: int
    url: str
    filename: str
    bytes: int
    sha256: str
    duration: float
    sample_rate: int
    channels: int
    format: str
    created_at: str
    expires_at: str | None


def upload_body(source: SourceFile, *, base_url: str) -> UploadBody:
    return {
        "id": source.id,
        "url": source_url(source, base_url=base_url),
        "filename": source.file_name,
        "bytes": source.byte_count,
        "sha256": source.sha256,
        "duration": round(source.duration_s, 2),
        "sample_rate": source.sample_rate_hz,
        "channels": source.channels,
        "format": source.format,
        "created_at": source.created_at.isoformat(),
        "expires_at": None if source.is_needed else source.expires_at.isoformat(),
    }
