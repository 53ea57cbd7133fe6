"""Worker side of analysis: answers one order at a time, in a thread beside the songs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.db import close_old_connections, connections

from audiomusic.engines.acestep.folder import tasks_in
from audiomusic.engines.base import EngineError
from audiomusic.engines.encoding import read_pcm24
from audiomusic.engines.foreign.analyser import analyse_decoded
from audiomusic.engines.foreign.bounds import SourceUnusable
from audiomusic.engines.foreign.decoding import decode
from audiomusic.engines.foreign.findings import NothingFound, SongAnalysis
from audiomusic.engines.registry import load_engine
from jobs.analysis.models import AnalysisOrder
from jobs.analysis.orders import analysis_answer, analysis_claim
from jobs.models import SourceFile, Take
from jobs.storage.files import local_copy
from jobs.storage.takes import MASTER_FORMAT
from jobs.uploads.fetching import fetched
from jobs.uploads.limits import decode_bounds

log = logging.getLogger(__name__)

LISTENER = "acestep"  # the engine whose language model reads audio codes
POLL_S = 0.25
PAUSE_S = 5.0  # after the database did not respond
FAILED = {"refused": {"code": "analysis_failed", "sentence": "This audio could not be analyzed."}}
GONE = SourceUnusable("The audio has been deleted.", "source_not_found")


class Analyst:
    """Answers analysis orders until told to stop."""

    def __init__(self, is_stopping: Callable[[], bool]) -> None:
        self.is_stopping = is_stopping

    def run(self) -> None:
        """Run the loop; for a thread of its own."""
        while not self.is_stopping():
            try:
                close_old_connections()
                order = analysis_claim()
                if order is None:
                    time.sleep(POLL_S)
                else:
                    analysis_answer(order=order, answer=answer_to(order))
            except Exception:
                log.exception("Questions about audio could not be read; it is tried again.")
                time.sleep(PAUSE_S)
        connections.close_all()


def answer_to(order: AnalysisOrder) -> dict[str, Any]:
    """Return the answer to the order. Never raises: no file may stop the worker."""
    try:
        return {"found": _analysis(order)}
    except NothingFound as error:
        return {"nothing": str(error)}
    except SourceUnusable as error:
        return {"refused": {"code": error.code, "sentence": str(error)}}
    except Exception:
        log.exception("analysis %s failed", order.id)
        return FAILED


def _analysis(order: AnalysisOrder) -> SongAnalysis:
    if order.url:
        with fetched(order.url) as path:
            return _heard(path)
    with local_copy(_stored_name(order)) as path:
        return _heard(path)


def _heard(path: Path) -> SongAnalysis:
    """Measure the audio and, if a language model is set up, describe it."""
    with TemporaryDirectory(prefix="audiomusic-") as folder:
        wave = decode(path, Path(folder) / "sound.wav", decode_bounds()).path
        found = analyse_decoded(wave)
        heard = understood(wave)
    if heard is not None:
        found["understood"] = heard
    return found


def _stored_name(order: AnalysisOrder) -> str:
    if order.upload_id is not None:
        source = SourceFile.objects.filter(id=order.upload_id, user=order.user).first()
        if source is None:
            raise GONE
        return source.storage_name
    found = Take.objects.filter(job__user=order.user)
    take = found.filter(id=order.take_id).first() if order.take_id else None
    master = take.files.filter(format=MASTER_FORMAT).first() if take else None
    if master is None:
        raise GONE
    return master.storage_name


def is_set_up() -> bool:
    return bool(settings.ACESTEP_PLANNER_DIR) and bool(
        tasks_in(settings.ACESTEP_DIR, settings.ACESTEP_VARIANT)
    )


def understood(wave: Path) -> dict[str, Any] | None:
    """Describe a 24-bit WAV file at the engines' rate with the language model. Return None if no model is set
    up or it fails; the measured part of the analysis does not need it."""
    if not is_set_up():
        return None
    engine: Any = load_engine(LISTENER)
    try:
        found: dict[str, Any] | None = engine.understand(read_pcm24(wave))
    except EngineError as error:
        log.warning("The language model could not analyze a sound: %s", error)
        return None
    return found
