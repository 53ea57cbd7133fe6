"""HTML cells that show one job to staff, in a list or on its page."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from audiomusic.adminkit.cells import user_address
from audiomusic.engines.encoding import STREAM_FORMATS
from jobs.models import Job, ScoreFormat, Status, Take
from jobs.representations import STATUS_LABELS
from jobs.storage.links import audio_url, midi_url, score_url, stream_url


def player(job: Job, take_index: int = 1) -> SafeString | str:
    """Return an audio player for a take; nothing is loaded before it is played."""
    if job.status != Status.COMPLETED:
        return "–"
    url = audio_url(job, take_index, job.format, base_url="")
    label = f"Take {take_index} of job {job.id}"
    return format_html('<audio controls preload="none" src="{}" aria-label="{}"></audio>', url, label)


def badge(job: Job) -> SafeString:
    """Return the status with its progress and problems."""
    notes = [job.error_code] if job.error_code else []
    if job.status == Status.PROCESSING:
        notes.append(f"{job.stage} {job.progress or 0} %")
        if job.lease_until and job.lease_until < timezone.now():
            notes.append("worker lost")
    if job.cancel_requested_at and job.status == Status.PROCESSING:
        notes.append("asked to stop")
    if job.attempts > 1:
        notes.append(f"attempt {job.attempts}")
    text: SafeString | str = ""
    if notes:
        text = format_html(' <span class="notes" title="{}">{}</span>', job.error_message, ", ".join(notes))
    label = STATUS_LABELS[Status(job.status)]
    return format_html('<span class="job-status is-{}">{}</span>{}', job.status.lower(), label, text)


def user_link(job: Job) -> SafeString:
    """Return a link to the owner's page in the admin."""
    return format_html('<a href="{}">{}</a>', user_address(job.user_id), job.user.username)


def making(job: Job) -> SafeString:
    """Return the task, the song's length, and how long making it took."""
    length = f"{job.duration_s:.0f} s" if job.duration_s else "–"
    text = f"{length}, {made_in(job)}" if job.started_at else length
    return format_html('{}<span class="below">{}</span>', job.task, text)


def made_in(job: Job) -> str:
    """Return how long making the job has taken so far."""
    if job.started_at is None:
        return ""
    return span((job.completed_at or timezone.now()) - job.started_at)


def span(length: timedelta) -> str:
    """Format a time span: 2.4 s, 3:25 min, 2:05 h."""
    seconds = max(0.0, length.total_seconds())
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)}:{int(seconds % 60):02d} min"
    return f"{int(seconds // 3600)}:{int(seconds % 3600 // 60):02d} h"


def take_files(job: Job, take: Take) -> list[dict[str, object]]:
    """Return every stored file of a take with its download URL."""
    files = [{"file": file, "url": _file_link(job, take, file.format)} for file in take.files.all()]
    scores = take.score_files.all()
    return [*files, *({"file": file, "url": score_link(job, take, file.format)} for file in scores)]


def _file_link(job: Job, take: Take, format: str) -> str:
    if format not in STREAM_FORMATS:
        return audio_url(job, take.index, format, base_url="")
    light = stream_url(job, take.index, base_url="")
    return light.removesuffix(STREAM_FORMATS["webm"].extension) + STREAM_FORMATS[format].extension


def score_link(job: Job, take: Take, format: str) -> str:
    """Return the URL of a take's score in that format; "" for formats that only engines read."""
    if format in (ScoreFormat.CURVES, ScoreFormat.SOURCE, ScoreFormat.SOUND):
        return ""
    make = midi_url if format == ScoreFormat.MIDI else score_url
    return make(job, take.index, base_url="")
