"""Songs in order as a file: M3U for players that open a list, ZIP with the audio itself."""

from __future__ import annotations

from collections.abc import Sequence

from audiomusic.engines.encoding import FORMATS
from jobs.models import AudioFile, Status, Take
from jobs.storage.archives import Archive, files_archive
from jobs.storage.links import audio_url
from jobs.storage.media.file_names import safe_file_name
from jobs.storage.takes import AudioMissing
from library.playlists.models import Playlist

MAX_ZIP_BYTES = 2_000_000_000
ARTIST = "AudioMusic"


#: Fields of a take and its job that file names do not need.
HEAVY_FIELDS = ("peaks", "made_with", "enhanced_lrc", "lrc_content", "job__lyrics", "job__params")


class PlaylistTooLarge(Exception):
    """The songs are too large for one ZIP; the message gives the limit."""


def playlist_takes(playlist: Playlist) -> list[Take]:
    """Return the playlist's takes in order, each with its job. A song that occurs twice is returned twice."""
    items = playlist.items.order_by("position").filter(take__job__status=Status.COMPLETED)
    ids = list(items.values_list("take_id", flat=True))
    takes = Take.objects.filter(playlist_items__playlist=playlist).select_related("job").distinct()
    known = {take.pk: take for take in takes.defer(*HEAVY_FIELDS)}
    return [known[take_id] for take_id in ids if take_id in known]


def take_title(take: Take) -> str:
    label = take.job.take_label(take.index)
    return f"{take.job.display_name} ({label})" if label else take.job.display_name


def takes_m3u(name: str, takes: Sequence[Take], *, base_url: str) -> str:
    """Return an extended M3U in UTF-8. Its links open without a key, and expire."""
    rows = ["#EXTM3U", f"#PLAYLIST:{_one_line(name)}"]
    for take in takes:
        rows.append(f"#EXTINF:{round(take.duration_s)},{ARTIST} - {_one_line(take_title(take))}")
        rows.append(audio_url(take.job, take.index, take.job.format, base_url=base_url))
    return "\n".join(rows) + "\n"


def takes_archive(takes: Sequence[Take]) -> Archive:
    """Return the takes in their original format, numbered in this order. Raises PlaylistTooLarge,
    AudioMissing, and whatever `files_archive` raises."""
    files = _files_of(takes)
    byte_count = sum(file.byte_count for file in files)
    if byte_count > MAX_ZIP_BYTES:
        most, got = MAX_ZIP_BYTES // 10**6, byte_count // 10**6
        raise PlaylistTooLarge(f"Expected songs of at most {most:,} MB together, got {got:,} MB.")
    digits = max(2, len(str(len(takes))))
    return files_archive(
        [
            (f"{place:0{digits}d} {_file_name(take)}{FORMATS[file.format].extension}", file)
            for place, (take, file) in enumerate(zip(takes, files, strict=True), start=1)
        ]
    )


def _files_of(takes: Sequence[Take]) -> list[AudioFile]:
    by_take: dict[int, dict[str, AudioFile]] = {}
    for file in AudioFile.objects.filter(take__in={take.pk for take in takes}):
        by_take.setdefault(file.take_id, {})[file.format] = file
    found = []
    for take in takes:
        made = by_take.get(take.pk, {}).get(take.job.format)
        if made is None:
            raise AudioMissing(f"{take} has no {take.job.format} file")
        found.append(made)
    return found


def _file_name(take: Take) -> str:
    return safe_file_name(take_title(take)) or f"Song {take.job_id}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
