"""The tags of a take's files, from the rows of its job."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings
from django.core.files.storage import default_storage

from audiomusic.engines.file_metadata import TrackTags
from audiomusic.engines.lrc import timed_lines
from audiomusic.engines.taxonomy import named
from jobs.models import CoverFile, CoverSize, Job, Take
from jobs.specs.tags import tags_removed, words_left
from jobs.storage.files import asking_storage
from jobs.storage.links import site_url

ARTIST = "AudioMusic"
DEEPEST = 20  # generations searched


def tags_of(job: Job, *, index: int, seed: int, lrc: str = "") -> TrackTags:
    """Return the tags of a take from its job's row. `lrc`: its lyrics with their times."""
    root = oldest_ancestor(job)
    cover_of = next((each for each in (job, root) if each.cover_version), None)
    return TrackTags(
        title=track_title(job, index),
        artist=ARTIST,
        album=root.display_name,
        album_artist=ARTIST,
        track=index if job.batch_size > 1 else None,
        caption=job.prompt,
        bpm=job.bpm,
        key=job.keyscale,
        lyrics=job.lyrics,
        seed=seed,
        genre=genre_shown(job),
        language=job.vocal_language,
        date=f"{job.created_at:%Y-%m-%d}",
        software=f"AudioMusic {settings.VERSION}",
        recipe_url=f"{site_url()}/tracks/{job.id}",
        synced_lyrics=timed_lines(lrc),
        cover_number=None if cover_of else root.id,
        cover_version=f"{cover_of.id}-{cover_of.cover_version}" if cover_of else "",
    )


def with_picture(tags: TrackTags) -> TrackTags:
    """Return the tags with the picture that `cover_version` names, read only to be written into a file;
    without it if it is gone. Raises StorageRefused."""
    if not tags.cover_version or tags.cover:
        return tags
    job_id = int(tags.cover_version.partition("-")[0])
    file = CoverFile.objects.filter(job=job_id, format=CoverSize.LARGE).first()
    if file is None:
        return tags
    try:
        with asking_storage(), default_storage.open(file.storage_name) as picture:
            return replace(tags, cover=picture.read())
    except FileNotFoundError:
        return tags


def take_tags(take: Take) -> TrackTags:
    """Return the tags that the take's files should have now."""
    return tags_of(take.job, index=take.index, seed=take.seed, lrc=take.lrc_content)


def track_title(job: Job, index: int) -> str:
    """Return the job's name, with a label that distinguishes the take from the others."""
    label = job.take_label(index)
    return f"{job.display_name} ({label})" if label else job.display_name


def genre_shown(job: Job) -> str:
    """Return the first genre that list, pages and search show for the song; else the requested one, or the
    engine's choice; never one that its owner removed."""
    effective = job.effective
    found = next(iter(words_left(job, "genre")), None)
    found = found or effective.get("genre") or job.params.get("genre_preset")
    found = str(found or (effective.get("plan") or {}).get("genre") or "")
    shown = named("genre", found) or found
    return "" if ("genre", shown) in tags_removed(job) else shown


def oldest_ancestor(job: Job) -> Job:
    """Return the first song of the line that the job was made from, as far as it still exists."""
    oldest = job
    for _ in range(DEEPEST):
        parent = _parent(oldest.source_job_id, job.user_id) if oldest.source_job_id else None
        if parent is None:
            break
        oldest = parent
    return oldest


def _parent(job_id: int, user_id: int) -> Job | None:
    parents = Job.objects.filter(id=job_id, user_id=user_id)
    return parents.only("display_name", "source_job", "cover_version").first()
