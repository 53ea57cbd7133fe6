"""Lossless JSON for scores, stored next to the outline described in docs/score.md.

The outline for people is rounded and in seconds, but playback needs the exact score. So every field of the
score's classes is written as it is, from the classes' own field lists: a new field needs no change here.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from audiomusic.engines.studio.score import Score

#: The key in a kept score, and the version.
EXACT, VERSION = "exact", 1


class ScoreNotReadable(ValueError):
    """A kept score that cannot be played again; the text says why."""


def dump_score(score: Score) -> dict[str, Any]:
    """Return the value under EXACT in a kept score: only JSON types, in full precision."""
    return {"version": VERSION, "score": _dumped(score)}


def load_score(kept: Mapping[str, Any]) -> Score:
    """Return the kept score, equal to the one that was played. Raises ScoreNotReadable."""
    exact = kept.get(EXACT)
    if not isinstance(exact, Mapping):
        raise ScoreNotReadable(
            "This song was made before full scores were stored, so it cannot be played again from its score."
        )
    if exact.get("version") != VERSION:
        raise ScoreNotReadable(f"Expected a score of version {VERSION}, got {exact.get('version')!r:.40}.")
    score: Score = _loaded(Score, exact.get("score"), "score")
    return score


def can_be_composed_on(kept: Mapping[str, Any]) -> bool:
    """Whether a kept score includes its plan, so that the song can be reworked."""
    return "plan" in kept.get(EXACT, {})


def dump_value(value: Any) -> Any:
    """Return any of the score's dataclasses as JSON."""
    return _dumped(value)


def load_value(kind: Any, value: Any, name: str) -> Any:
    """Load the output of `dump_value`. Raises ScoreNotReadable."""
    return _loaded(kind, value, name)


def _dumped(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _dumped(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, list | tuple):
        return [_dumped(each) for each in value]
    if isinstance(value, Mapping):
        return {name: _dumped(each) for name, each in value.items()}
    if value is None or isinstance(value, str | bool | int | float):
        return value
    raise TypeError(f"Expected a value that JSON knows, got {type(value).__name__}: {value!r:.60}")


def _loaded(hint: Any, value: Any, place: str) -> Any:
    """Load a value from JSON. `place` is its position, for error messages."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any or origin is dict:
        return value
    if isinstance(hint, type) and is_dataclass(hint):
        return _loaded_dataclass(hint, value, place)
    if isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_fields"):
        return _loaded_row(hint, value, place)
    if origin in (list, tuple):
        _expect(isinstance(value, list), "a list", value, place)
        items = [_loaded(arguments[0], each, f"{place}[{index}]") for index, each in enumerate(value)]
        return items if origin is list else tuple(items)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in arguments:
            return None
        [inner] = [each for each in arguments if each is not type(None)]
        return _loaded(inner, value, place)
    if origin is Literal:
        _expect(value in arguments, f"one of {', '.join(arguments)}", value, place)
        return value
    _expect(_is_plain(hint, value), getattr(hint, "__name__", str(hint)), value, place)
    return value


def _is_plain(hint: Any, value: Any) -> bool:
    """Whether a value has a plain type. An int may stand for a float; a bool is not a number."""
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(hint, type) and isinstance(value, hint)


def _loaded_dataclass(kind: Any, value: Any, place: str) -> Any:
    _expect(isinstance(value, Mapping), "an object", value, place)
    hints, known = _hints(kind), {each.name: each for each in fields(kind)}
    if unknown := value.keys() - known.keys():
        raise ScoreNotReadable(
            f"{place} has the field {min(unknown)!r:.60}, which this version of the studio does not know."
        )
    if missing := [name for name, each in known.items() if name not in value and not _has_default(each)]:
        raise ScoreNotReadable(f"{place} lacks the field {missing[0]!r}.")
    return kind(**{name: _loaded(hints[name], each, f"{place}.{name}") for name, each in value.items()})


def _loaded_row(kind: Any, value: Any, place: str) -> Any:
    """Load a NamedTuple, kept as a list. Fields added since then get their defaults."""
    _expect(isinstance(value, list), "a list", value, place)
    names, least = kind._fields, len(kind._fields) - len(kind._field_defaults)
    if not least <= len(value) <= len(names):
        raise ScoreNotReadable(f"Expected {len(names)} values in {place}, got {len(value)}.")
    hints = _hints(kind)
    return kind(
        *(_loaded(hints[name], each, f"{place}.{name}") for name, each in zip(names, value, strict=False))
    )


def _expect(is_so: bool, expected: str, value: Any, place: str) -> None:
    if not is_so:
        raise ScoreNotReadable(f"Expected {expected} in {place}, got {value!r:.60}.")


def _has_default(each: Field[Any]) -> bool:
    return each.default is not MISSING or each.default_factory is not MISSING


@cache
def _hints(kind: Callable[..., Any]) -> dict[str, Any]:
    return get_type_hints(kind)
