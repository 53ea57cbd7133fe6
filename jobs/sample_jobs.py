"""Believable jobs for load tests, put together from tables of phrases: the same for the same seed.

They hold no credits and their takes have no files, so their audio links answer 404.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import product
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from audiomusic.engines.base import SongRequest
from audiomusic.engines.vocabulary import tags_of
from jobs.models import Status, Task
from jobs.specs.build import KINDS, SONG_TYPES, VOICED, effective_of

WORDS: dict[str, Any] = tomllib.loads(
    (Path(__file__).parent / "data" / "sample_words.toml").read_text("utf-8")
)
COMMON_WORD: str = WORDS["common"]
RARE_WORD: str = WORDS["rare"]
RARE_JOBS = 10

USERS = 200  # the first of them owns every other job
SPAN = timedelta(days=730)
UNFINISHED_MAX = 100  # so many of the newest still wait: a queue, not a backlog of months
LIKED, DISLIKED = 0.05, 0.02

#: How many of a hundred jobs.
TASK_SHARES = {
    Task.TEXT2MUSIC: 50, Task.PROMPT2INSTRUMENTAL: 14, Task.TEXT2RAP: 8, Task.LYRIC2VOCALS: 6,
    Task.TEXT2SAMPLES: 8, Task.SIMPLE: 6, Task.COVER: 2, Task.RETAKE: 2, Task.EXTEND: 2,
    Task.REPAINT: 1, Task.EDIT: 1,
}  # fmt: skip
STATUS_SHARES = {Status.COMPLETED: 90, Status.FAILED: 6, Status.CANCELLED: 4}
#: Of the time that a song takes.
STAGE_SHARES = {
    "planning": 0.02, "composing": 0.08, "singing": 0.4, "rendering": 0.3, "mastering": 0.12,
    "encoding": 0.08,
}  # fmt: skip
FORMAT_SHARES = {"flac": 60, "mp3": 25, "wav": 10, "ogg": 5}
KEYS = ("C Major", "A Minor", "G Major", "E Minor", "D Major", "F# Minor", "Bb Major", "C# Minor")
METRES = ("4/4", "4/4", "4/4", "3/4", "6/8")
SEED_COUNT = 2**32

#: `effective` of a request that asks for nothing.
BLANK = effective_of(SongRequest(kind="song", caption="", seeds=(), max_duration_s=0.0))


class SampleJob(NamedTuple):
    """One job before it is a row. `owner` is a number, 0 the user who has most."""

    owner: int
    columns: dict[str, Any]
    tags: tuple[tuple[str, str], ...]  # kind, value
    interaction: str  # like, dislike or nothing
    takes: list[dict[str, Any]]


class Language(NamedTuple):
    code: str
    caption: str
    joiner: str
    moods: Sequence[str]
    sounds: Sequence[str]
    occasions: Sequence[str]
    titles: Sequence[str]
    lines: Sequence[str]


class Shares:
    """Draws a word as often as its share of the whole says."""

    def __init__(self, shares: Mapping[Any, int]) -> None:
        self.slots = [word for word, share in shares.items() for _ in range(share)]

    def draw(self, random: Random) -> Any:
        return random.choice(self.slots)


def read_language(code: str, words: Mapping[str, Any]) -> Language:
    lines = [
        words["joiner"].join(parts) for parts in product(words["starts"], words["middles"], words["ends"])
    ]
    names = ("caption", "joiner", "moods", "sounds", "occasions", "titles")
    return Language(code=code, lines=lines, **{name: words[name] for name in names})


LANGUAGES = {code: read_language(code, words) for code, words in WORDS["languages"].items()}
_language = Shares({code: words["share"] for code, words in WORDS["languages"].items()})
_task, _status, _format = Shares(TASK_SHARES), Shares(STATUS_SHARES), Shares(FORMAT_SHARES)


def sample_jobs(count: int, *, seed: int, until: datetime) -> Iterator[SampleJob]:
    """`count` jobs, oldest first, over the two years before `until`."""
    random = Random(seed)
    rare_step = max(1, count // (2 * RARE_JOBS)) * 2  # even numbers: the owner of most
    unfinished = min(UNFINISHED_MAX, count // 100)
    for number in range(count):
        created_at = until - SPAN * (1 - (number + random.random()) / count)
        status = Status.PENDING if number >= count - unfinished else _status.draw(random)
        is_rare = number % rare_step == 0 and number // rare_step < RARE_JOBS
        yield _sample_job(random, _owner(random, number), status, created_at, is_rare)


def _owner(random: Random, number: int) -> int:
    """Every other job is the first user's; of the others the early ones have more."""
    return 0 if number % 2 == 0 else 1 + int((USERS - 1) * random.random() ** 2)


def _sample_job(random: Random, owner: int, status: str, created_at: datetime, is_rare: bool) -> SampleJob:
    task = _task.draw(random)
    language = LANGUAGES[_language.draw(random)]
    is_instrumental = task in (Task.TEXT2MUSIC, Task.SIMPLE) and random.random() < 0.1
    kind = "instrumental" if is_instrumental else KINDS.get(task, "song")
    song_type = "instrumental" if is_instrumental else SONG_TYPES.get(task, "edits")
    caption, tags = _caption(random, language, is_rare)
    lyrics = _lyrics(random, language) if kind in VOICED else ""
    length_s = random.randint(1, 30) if kind == "samples" else random.randint(60, 300)
    columns = {
        "task": task,
        "song_type": song_type,
        "display_name": f"{random.choice(language.titles)}, {random.choice(WORDS['places'])}",
        "prompt": caption,
        "lyrics": lyrics,
        "vocal_language": language.code if lyrics else "",
        "bpm": float(random.randint(60, 180)),
        "keyscale": random.choice(KEYS),
        "timesignature": random.choice(METRES),
        "format": _format.draw(random),
        "batch_size": 1 if random.random() < 0.6 else 2,
        "model_version": "audiomusic-v2",
        "engine": "studio",
        "duration_s": float(length_s),
        "created_at": created_at,
    }
    seeds = [random.randrange(SEED_COUNT) for _ in range(columns["batch_size"])]
    columns |= _asked(columns, kind, seeds) | _life(random, status, created_at, length_s)
    takes = _takes(random, columns, seeds) if status == Status.COMPLETED else []
    return SampleJob(owner, columns, tags, _interaction(random), takes)


def _caption(random: Random, language: Language, is_rare: bool) -> tuple[str, tuple[tuple[str, str], ...]]:
    mood, genre = random.choice(language.moods), random.choice(WORDS["genres"])
    sound, occasion = random.choice(language.sounds), random.choice(language.occasions)
    caption = language.caption.format(mood=mood, genre=genre, sound=sound, occasion=occasion)
    phrases = [genre, mood, occasion]
    if random.random() < 0.5:
        caption += f", {COMMON_WORD} mix"
        phrases.append(COMMON_WORD)
    if is_rare:
        caption += f", a song about {RARE_WORD}"
    return caption, tuple(dict.fromkeys(tag for phrase in phrases for tag in _phrase_tags(phrase)))


@lru_cache(maxsize=4096)
def _phrase_tags(phrase: str) -> tuple[tuple[str, str], ...]:
    found = tags_of(phrase)
    kinds = {"genre": found.genres, "emotion": found.emotions, "occasion": found.occasions}
    return tuple((kind, value) for kind, values in kinds.items() for value in values)


def _lyrics(random: Random, language: Language) -> str:
    verse, chorus = random.choices(language.lines, k=4), random.choices(language.lines, k=2)
    return "\n".join(["[Verse]", *verse, "", "[Chorus]", *chorus])


def _asked(columns: Mapping[str, Any], kind: str, seeds: list[int]) -> dict[str, Any]:
    """`params` as a client would have sent them, and `effective` as the engine took them."""
    caption, lyrics, length_s = columns["prompt"], columns["lyrics"], columns["duration_s"]
    asked = {name: columns[name] for name in ("lyrics", "bpm", "keyscale", "timesignature")}
    effective = BLANK | asked | {
        "kind": kind, "caption": caption, "seeds": seeds, "duration_s": length_s, "max_duration_s": length_s,
        "vocal_language": columns["vocal_language"] or None, "engine": "studio", "format": columns["format"],
    }  # fmt: skip
    params = {"caption": caption, "duration": length_s, "format": columns["format"], "bpm": columns["bpm"]}
    return {"params": params | ({"lyrics": lyrics} if lyrics else {}), "effective": effective}


def _life(random: Random, status: str, created_at: datetime, length_s: float) -> dict[str, Any]:
    """What happened to the job, as its status tells."""
    if status == Status.PENDING:
        return {"status": status}
    started_at = created_at + timedelta(seconds=random.uniform(0.1, 5))
    ended_at = started_at + timedelta(seconds=length_s * random.uniform(0.05, 0.2))
    life = {"status": status, "attempts": 1, "started_at": started_at, "completed_at": ended_at}
    if status == Status.COMPLETED:
        quality = round(random.uniform(0.5, 0.99), 3)
        took_s = (ended_at - started_at).total_seconds()
        stage_s = {stage: round(took_s * share, 3) for stage, share in STAGE_SHARES.items()}
        return life | {"progress": 100, "quality_score": quality, "stage_s": stage_s}
    if status == Status.CANCELLED:
        return life | {"progress": random.randint(1, 90), "cancel_requested_at": ended_at}
    failure = random.choice(WORDS["failures"])
    return life | {"progress": 60, "error_code": failure["code"], "error_message": failure["message"]}


def _interaction(random: Random) -> str:
    drawn = random.random()
    return "like" if drawn < LIKED else "dislike" if drawn < LIKED + DISLIKED else ""


def _takes(random: Random, columns: Mapping[str, Any], seeds: list[int]) -> list[dict[str, Any]]:
    return [
        {
            "index": index,
            "seed": seed,
            "duration_s": columns["duration_s"],
            "quality_score": round(random.uniform(0.5, 0.99), 3),
        }
        for index, seed in enumerate(seeds, start=1)
    ]
