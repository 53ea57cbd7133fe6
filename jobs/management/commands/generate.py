"""`manage.py generate`: make a song into a file, without server, queue or database."""

from __future__ import annotations

import json
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

from django.core.management.base import BaseCommand, CommandError

from audiomusic.engines.base import (
    MAX_DURATION_S,
    MIN_DURATION_S,
    EngineError,
    Kind,
    SongRequest,
    SongResult,
    Stage,
    TakeResult,
)
from audiomusic.engines.encoding import FORMATS, encode
from audiomusic.engines.file_metadata import TrackTags, write_tags
from audiomusic.engines.lrc import timed_lines
from audiomusic.engines.registry import ENGINES, EngineEntry, load_engine
from audiomusic.engines.theory import METRE_NAMES, parse_key
from jobs.specs.build import SEED_COUNT, build_song_request, clean_title, resolve_engine, title_from
from jobs.specs.params import GenerationParams
from jobs.specs.spelling import parse_language
from jobs.storage.tagging.track_tags import ARTIST

TASKS: dict[Kind, str] = {
    "song": "text2music",
    "instrumental": "prompt2instrumental",
    "rap": "text2rap",
    "vocals": "lyric2vocals",
    "samples": "text2samples",
}


def number(low: float, high: float, kind: type[float] | type[int] = float) -> Callable[[str], float]:
    """Return an argparse type for numbers from `low` to `high`."""

    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not low <= value <= high:
            raise ArgumentTypeError(f"expected a number from {low:g} to {high:.10g}, got {text!r}")
        return value

    return read


def word(parse: Callable[[str], str]) -> Callable[[str], str]:
    """Return an argparse type that reports the errors of `parse`."""

    def read(text: str) -> str:
        try:
            return parse(text)
        except ValueError as error:
            raise ArgumentTypeError(f"{error}, not {text!r}") from None

    return read


def audio_path(text: str) -> Path:
    path = Path(text)
    if path.suffix[1:].lower() not in FORMATS:
        raise ArgumentTypeError(f"expected a name ending in .{', .'.join(FORMATS)}, got {text!r}")
    if not path.absolute().parent.is_dir():
        raise ArgumentTypeError(f"the folder {path.parent} does not exist")
    return path


def lyrics_file(text: str) -> str:
    try:
        return Path(text).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ArgumentTypeError(f"{text} could not be read as UTF-8 text: {error}") from None


class Command(BaseCommand):
    help = "Makes one song and writes it to a file with tags; the file's extension selects the format."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("caption", help="genre, mood, instruments, tempo: what it should sound like")
        parser.add_argument("--out", type=audio_path, required=True, metavar="FILE", help="song.flac")
        lyrics = parser.add_mutually_exclusive_group()
        lyrics.add_argument("--lyrics", default="", help="words to sing, with [verse] and [chorus] marks")
        lyrics.add_argument("--lyrics-file", dest="lyrics", type=lyrics_file, metavar="FILE")
        lyrics.add_argument("--instrumental", action="store_true", help="nobody sings")
        parser.add_argument("--kind", choices=TASKS, default="song")
        parser.add_argument("--duration", type=number(MIN_DURATION_S, MAX_DURATION_S), metavar="SECONDS")
        parser.add_argument("--bpm", type=number(30, 300))
        parser.add_argument(
            "--key", type=word(lambda text: str(parse_key(text))), help='"C Major", Am, "F# minor"'
        )
        parser.add_argument("--time", choices=METRE_NAMES, help="the metre")
        parser.add_argument("--language", type=word(parse_language), help="of the singing: en, de…")
        parser.add_argument("--genre", help="a style's name, such as Jazz")
        parser.add_argument("--seed", type=number(0, SEED_COUNT - 1, int))
        parser.add_argument("--title")
        parser.add_argument("--engine", choices=ENGINES)
        parser.add_argument("--json", action="store_true", help="print one line of JSON at the end")

    def handle(self, *args: Any, out: Path, json: bool, **options: Any) -> None:
        started_at = time.monotonic()
        entry = resolve_engine(options["engine"])
        request = build_song_request(TASKS[options["kind"]], values_of(options), entry)
        take, result = self._make(entry, request)
        tags = tags_of(options, request, take, result)
        write_song(out, take, tags)
        facts = report(out, entry, take, result, tags.title) | {
            "elapsed_s": round(time.monotonic() - started_at, 2)
        }
        self.stdout.write(as_json(facts) if json else as_sentence(facts))

    def _make(self, entry: EngineEntry, request: SongRequest) -> tuple[TakeResult, SongResult]:
        takes: list[TakeResult] = []
        try:
            result = load_engine(entry.name).generate(
                request, on_progress=self._progress, is_cancelled=lambda: False, on_take=takes.append
            )
        except EngineError as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            raise CommandError("Stopped; nothing was written.") from None
        finally:
            self._clear_progress()
        return takes[0], result

    def _progress(self, stage: Stage, share: float) -> None:
        """Show the progress in one line that is overwritten; nothing if stderr is not a terminal."""
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{100 * share:3.0f} %  {stage:<12}")
            sys.stderr.flush()

    def _clear_progress(self) -> None:
        if sys.stderr.isatty():
            sys.stderr.write("\r" + " " * 24 + "\r")


def values_of(options: dict[str, Any]) -> GenerationParams:
    """Return the options that were given, by parameter name."""
    values = {
        "caption": options["caption"],
        "lyrics": options["lyrics"],
        "instrumental": options["instrumental"],
        "duration_s": options["duration"],
        "bpm": options["bpm"],
        "keyscale": options["key"],
        "timesignature": options["time"],
        "vocal_language": None if options["language"] == "unknown" else options["language"],
        "genre": options["genre"],
        "seed": options["seed"],
    }
    return cast(GenerationParams, {name: value for name, value in values.items() if value is not None})


def tags_of(options: dict[str, Any], request: SongRequest, take: TakeResult, result: SongResult) -> TrackTags:
    title = clean_title(options["title"] or result.title or title_from(request.caption))
    return TrackTags(
        title=title,
        album=title,
        album_artist=ARTIST,
        caption=request.caption,
        bpm=result.bpm,
        key=result.keyscale or "",
        lyrics=result.lyrics,
        seed=take.seed,
        genre=request.genre or "",
        language=result.vocal_language or "",
        synced_lyrics=timed_lines(take.lrc or ""),
    )


def write_song(out: Path, take: TakeResult, tags: TrackTags) -> None:
    """Write the tagged file; it appears whole or not at all."""
    part = out.with_name(f".{out.stem}.part{out.suffix}")
    try:
        encode(take.samples, part, out.suffix[1:].lower())
        write_tags(part, tags)
        part.replace(out)
    except OSError as error:
        raise CommandError(f"{out} could not be written: {error}") from error
    finally:
        part.unlink(missing_ok=True)


def report(out: Path, entry: EngineEntry, take: TakeResult, result: SongResult, title: str) -> dict[str, Any]:
    return {
        "path": str(out),
        "engine": f"{entry.name} {entry.version}",
        "title": title,
        "seed": take.seed,
        "duration_s": round(take.duration_s, 3),
        "bpm": result.bpm,
        "keyscale": result.keyscale,
        "timesignature": result.timesignature,
        "vocal_language": result.vocal_language,
        "quality_score": take.quality_score,
        "lyrics": result.lyrics,
        "not_applied": result.not_applied,
    }


def as_json(facts: dict[str, Any]) -> str:
    return json.dumps(facts, ensure_ascii=False)


def as_sentence(facts: dict[str, Any]) -> str:
    return (
        f"{facts['path']}: {facts['title']!r}, {facts['duration_s']:.1f} s at {facts['bpm']:g} bpm in "
        f"{facts['keyscale']}, seed {facts['seed']}, made in {facts['elapsed_s']:.1f} s."
    )
