"""The written score of a finished job, as a tune and as text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from audiomusic.accounts.models import User
from audiomusic.engines.notation.errors import NotationError
from audiomusic.engines.notation.reader import read_abc
from audiomusic.engines.notation.tune import WrittenTune, with_words_of
from audiomusic.engines.notation.writer import write_abc
from audiomusic.engines.studio.notated.view import tune_of
from audiomusic.engines.studio.rework.kept_score import ScoreNotReadable, can_be_composed_on
from jobs.models import Job, Status, Take
from jobs.scores.refusals import ScoreRefused, job_missing, score_missing
from jobs.storage.scores import kept_score

MAX_SHOWN_PROBLEMS = 20


@dataclass(frozen=True)
class WrittenScore:
    """A take with the score it was, or will be, played from."""

    take: Take
    document: Mapping[str, Any]

    @property
    def job(self) -> Job:
        return self.take.job

    @cached_property
    def tune(self) -> WrittenTune:
        """The score as a tune. Raises ScoreRefused."""
        try:
            return tune_of(self.document)
        except ScoreNotReadable:
            raise score_missing(self.take.job_id) from None

    @cached_property
    def abc(self) -> str:
        return write_abc(self.tune)


def written_score(*, user: User, job_id: int) -> WrittenScore:
    """Return the score of the first take of a user's finished job. Raises ScoreRefused, StorageRefused."""
    job = Job.objects.of_user(user).filter(id=job_id).first()
    if job is None:
        raise job_missing()
    return score_of_job(job)


def score_of_job(job: Job) -> WrittenScore:
    """Return the job's score. Raises ScoreRefused if there is none, or not yet; StorageRefused."""
    take = job.takes.defer("peaks").first() if job.status == Status.COMPLETED else None
    if take is None or not take.has_score or job.stems_of_take(take.index):
        raise score_missing(job.id)
    take.job = job
    try:
        document = kept_score(take)
    except FileNotFoundError:
        document = None
    if document is None or not can_be_composed_on(document):
        raise score_missing(job.id)
    return WrittenScore(take, document)


def tune_sent(abc: str, *, sings: bool, before: WrittenTune | None = None) -> WrittenTune:
    """Parse ABC text from a client, using the lyrics of `before` if it has none. Raises ScoreRefused, which
    names each invalid bar."""
    try:
        tune = read_abc(abc, sings=sings)
    except NotationError as error:
        problems = [
            {"bar": each.bar, "voice": each.voice, "line": each.line, "message": each.sentence}
            for each in error.problems
        ]
        raise ScoreRefused("INVALID_SCORE", str(error), {"problems": problems}) from None
    if not tune.vocal and not tune.ins and not tune.chords:
        raise ScoreRefused("INVALID_SCORE", "Expected at least one note or chord, got only rests.")
    return with_words_of(before, tune) if before else tune


def check_sung(before: WrittenTune, after: WrittenTune) -> None:
    """Check that each note has a syllable if each had one before: the voice sings one note per syllable.
    Raises ScoreRefused."""
    if len(before.words) != len(before.vocal) or not after.words:
        return
    sung = {word.onset for word in after.words}
    bars = [note.onset // after.bar_ticks + 1 for note in after.vocal if note.onset not in sung]
    if bars:
        sentence = "Expected a syllable in w: for each note, got a note without a syllable."
        problems = [
            {"bar": bar, "voice": "Vocal", "line": None, "message": sentence} for bar in dict.fromkeys(bars)
        ][:MAX_SHOWN_PROBLEMS]
        raise ScoreRefused("INVALID_SCORE", f"Bar {bars[0]}, Vocal: {sentence}", {"problems": problems})


def performed_s(source: WrittenScore, tune: WrittenTune) -> float:
    """Return the length of a recording of the edited score: the source's length, adjusted for added or
    removed bars."""
    before, length_s = source.tune, source.take.duration_s
    bar_s = before.duration_s / before.bars
    return (length_s + (tune.bars - before.bars) * bar_s) * before.quarter_bpm / tune.quarter_bpm
