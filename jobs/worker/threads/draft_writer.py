"""Worker side of drafts: passes the orders of web processes to the language model, a few at a time."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from django.db import close_old_connections, connections

from audiomusic.engines.language_model.writer import LanguageModelWriter, WritingResult
from jobs.drafts.language_model import language_model_options
from jobs.drafts.models import DraftOrder
from jobs.drafts.orders import MAX_WAITING, order_answer, order_claim, request_of

log = logging.getLogger(__name__)

POLL_S = 0.25
PAUSE_S = 5.0  # after the database did not respond
FAILED = "The language model could not be called."


class DraftWriter:
    """Answers orders until told to stop. It waits for the network most of the time, so it does not slow
    songs."""

    def __init__(self, is_stopping: Callable[[], bool]) -> None:
        self.is_stopping = is_stopping
        self._room = threading.BoundedSemaphore(MAX_WAITING)

    def run(self) -> None:
        """Run the loop if there is a language model; for a thread of its own."""
        options = language_model_options()
        if options is None:
            return
        writer = LanguageModelWriter(options)
        while not self.is_stopping():
            time.sleep(POLL_S if self._serve(writer) else PAUSE_S)
        connections.close_all()

    def _serve(self, writer: LanguageModelWriter) -> bool:
        """Hand all waiting orders to threads. Return False if the database does not respond."""
        try:
            close_old_connections()
            while self._room.acquire(blocking=False):
                order = order_claim()
                if order is None:
                    self._room.release()
                    break
                threading.Thread(target=self._answer, args=(writer, order), name="draft", daemon=True).start()
        except Exception:
            log.exception("Drafts could not be read; it is tried again in %.0f s.", PAUSE_S)
            return False
        return True

    def _answer(self, writer: LanguageModelWriter, order: DraftOrder) -> None:
        try:
            order_answer(order=order, written=_written(writer, order))
        except Exception:
            log.exception("draft %s: its words could not be handed over", order.id)
        finally:
            self._room.release()
            connections.close_all()


def _written(writer: LanguageModelWriter, order: DraftOrder) -> WritingResult:
    try:
        request = request_of(order)
        return writer.write(request, request.seeds[0])
    except Exception:
        log.exception("draft %s: it could not be written", order.id)
        return WritingResult(None, FAILED)
