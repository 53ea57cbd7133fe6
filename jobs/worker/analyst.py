"""The worker's side of analysis: one question at a time, in a thread beside the songs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from django.db import close_old_connections, connections

from audiomusic.engines.foreign.analyser import analyse_file
from audiomusic.engines.foreign.bounds import SourceUnusable
from audiomusic.engines.foreign.findings import NothingFound, SongAnalysis
from jobs.analysis.models import AnalysisOrder
from jobs.analysis.orders import analysis_answer, analysis_claim
from jobs.models import SourceFile, Take
from jobs.storage.files import local_copy
from jobs.storage.takes import MASTER_FORMAT
from jobs.uploads.fetching import fetched
from jobs.uploads.limits import decode_bounds

log = logging.getLogger(__name__)

POLL_S = 0.25
PAUSE_S = 5.0  # after a database that did not answer
FAILED = {"refused": {"code": "analysis_failed", "sentence": "This audio could not be analysed."}}
GONE = SourceUnusable("The audio was deleted meanwhile.", "source_not_found")


class Analyst:
    """Answers until it is to stop."""

    def __init__(self, is_stopping: Callable[[], bool]) -> None:
        self.is_stopping = is_stopping

    def run(self) -> None:
        """Endless; for a thread of its own."""
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
    """Never raises: whatever a file does, the worker lives and says so."""
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
            return analyse_file(path, decode_bounds())
    with local_copy(_stored_name(order)) as path:
        return analyse_file(path, decode_bounds())


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
