"""Writes a song's lyrics with the language model, or reports why the built-in writer has to."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from audiomusic.engines.base import SongRequest, WrittenSong
from audiomusic.engines.language_model.answer import AnswerRefused, read_answer
from audiomusic.engines.language_model.options import LanguageModelOptions
from audiomusic.engines.language_model.question import SCHEMA, messages_for

if TYPE_CHECKING:
    from audiomusic.engines.language_model.client import LanguageModelClient

NAME = "language_model"  # its key in `not_applied`
LOOK_S = 0.2
GRACE_S = 1.0  # after the deadline, so that the call itself can report it


@dataclass(frozen=True)
class WritingResult:
    """A song, or why there is none."""

    song: WrittenSong | None
    problem: str = ""  # a sentence for the user

    @property
    def notes(self) -> dict[str, str]:
        return {NAME: f"{self.problem} The built-in writer wrote the lyrics."} if self.problem else {}


class LanguageModelWriter:
    """Writes with one language model. Thread-safe; the package is imported on first use."""

    def __init__(self, options: LanguageModelOptions) -> None:
        self.options = options
        self._client: LanguageModelClient | None = None
        self._last_problem: str | None = None
        self._has_answered = False

    def write(
        self, request: SongRequest, seed: int, *, look: Callable[[], None] = lambda: None
    ) -> WritingResult:
        """Ask the model once. Returns within the timeout and never raises because of the model. `look` is
        called meanwhile, and may raise to end the wait."""
        found: list[WritingResult] = []

        def ask() -> None:
            found.append(self._ask(request, seed))

        call = threading.Thread(target=ask, name="language model", daemon=True)
        call.start()
        ends_at = time.monotonic() + self.options.timeout_s + GRACE_S
        while call.is_alive() and time.monotonic() < ends_at:
            look()
            call.join(LOOK_S)
        late = WritingResult(None, f"The language model did not respond within {self.options.timeout_s:g} s.")
        written = next(iter(found), late)
        self._last_problem, self._has_answered = written.problem or None, True
        return written

    def _ask(self, request: SongRequest, seed: int) -> WritingResult:
        from audiomusic.engines.language_model.client import NoAnswer

        try:
            text = self._open().ask(messages_for(request), SCHEMA, seed)
            return WritingResult(read_answer(text, request, self.options.model))
        except NoAnswer as error:
            return WritingResult(None, f"The language model {error}.")
        except AnswerRefused as error:
            return WritingResult(None, f"The language model's lyrics were not used: {error}")
        except Exception as error:  # anything else that a package or a server may raise
            return WritingResult(None, f"The language model could not be called ({type(error).__name__}).")

    def changes(
        self, wish: str, sections: Sequence[str], problem: str, seed: int, *, understood: Sequence[str]
    ) -> list[str]:
        """Reword a wish about a score into known changes. Raises RewordingFailed."""
        from audiomusic.engines.language_model.rewording import reworded_changes

        return reworded_changes(
            self._open(), wish, understood=understood, sections=sections, problem=problem, seed=seed
        )

    def _open(self) -> LanguageModelClient:
        from audiomusic.engines.language_model.client import LanguageModelClient

        self._client = self._client or LanguageModelClient(self.options)
        return self._client

    @property
    def facts(self) -> dict[str, Any]:
        """What is known without calling it: whether it wrote the last song."""
        state = "unused" if not self._has_answered else "fails" if self._last_problem else "answers"
        return {"model": self.options.model, "state": state, "reason": self._last_problem}
