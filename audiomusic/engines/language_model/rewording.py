"""Rewords a wish about a score into known changes, through the language model.

The model writes no notes: its response is read by the same rules as a person's words, and restricted to the
same bars.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from audiomusic.engines.language_model.client import LanguageModelClient

MOST_CHANGES, MOST_CHARS = 8, 200
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"changes": {"type": "array", "items": {"type": "string"}, "maxItems": MOST_CHANGES}},
    "required": ["changes"],
    "additionalProperties": False,
}
TASK = (
    "You put a wish about a written song into changes that a program understands. Answer with JSON:"
    ' {"changes": ["...", "..."]}, at most eight, each one of these, with the song\'s own sections and bars:'
)


class RewordingFailed(Exception):
    """The model returned nothing usable; the message says why."""


def reworded_changes(
    client: LanguageModelClient,
    wish: str,
    *,
    understood: Sequence[str],
    sections: Sequence[str],
    problem: str,
    seed: int,
) -> list[str]:
    """Return the changes. `problem`: why the last response was unusable. Raises RewordingFailed."""
    from audiomusic.engines.language_model.client import NoAnswer

    system = f"{TASK} {'; '.join(understood)}. The sections are: {', '.join(sections)}."
    if problem:
        system += f" Your last answer could not be used: {problem}"
    messages = [{"role": "system", "content": system}, {"role": "user", "content": wish}]
    try:
        changes = json.loads(client.ask(messages, SCHEMA, seed))["changes"]
    except NoAnswer as error:
        raise RewordingFailed(f"The language model {error}.") from None
    except (ValueError, TypeError, KeyError, RecursionError):
        raise RewordingFailed("The language model's response is not a list of changes.") from None
    if not isinstance(changes, list) or not 1 <= len(changes) <= MOST_CHANGES:
        raise RewordingFailed("The language model's response is not a list of changes.")
    if not all(isinstance(each, str) and 0 < len(each.strip()) <= MOST_CHARS for each in changes):
        raise RewordingFailed("The language model's changes are not short sentences.")
    return [each.strip() for each in changes]
