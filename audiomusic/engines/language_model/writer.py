"""The words of a song by the language model, or the reason why the built-in writer writes them."""

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

NAME = "language_model"  # in `not_applied`
LOOK_S = 0.2
GRACE_S = 1.0  # beyond the deadline, for the call itself to say so


@dataclass(frozen=True)
class WritingResult:
    """A song, or why there is none."""

    song: WrittenSong | None
    problem: str = ""  # a sentence for the user

    @property
    def notes(self) -> dict[str, str]:
        return {NAME: f"{self.problem} The built-in writer wrote the lyrics."} if self.problem else {}


class LanguageModelWriter:
    """Writes with one language model. Any thread may ask; the package is imported on first use."""

    def __init__(self, options: LanguageModelOptions) -> None:
        self.options = options
        self._client: LanguageModelClient | None = None
        self._last_problem: str | None = None
        self._has_answered = False

    def write(
        self, request: SongRequest, seed: int, *, look: Callable[[], None] = lambda: None
    ) -> WritingResult:
        """Ask once. Takes the time-out at most; never raises for what the model does. `look` is called
        meanwhile, and may raise to end the wait."""
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
        except Exception as error:  # whatever a package or a server may still come up with
            return WritingResult(None, f"The language model could not be called ({type(error).__name__}).")

    def changes(
        self, wish: str, sections: Sequence[str], problem: str, seed: int, *, understood: Sequence[str]
    ) -> list[str]:
        """A wish about a score as changes that are understood. Raises RewordingFailed."""
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
        """What is known without asking: whether the last song was written by it."""
        state = "unused" if not self._has_answered else "fails" if self._last_problem else "answers"
        return {"model": self.options.model, "state": state, "reason": self._last_problem}
