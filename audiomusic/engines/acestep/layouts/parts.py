"""The parts of a model, and checks of a part's folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from audiomusic.engines.acestep.layouts.heads import WeightsError, read_json, weight_problems

LEAST_VOCABULARY = 100  # a folder without a vocabulary loads as a one-token tokenizer
READ_VOCABULARY_BYTES = 1_000_000  # the real file has 11 MB
SILENCE = "silence_latent"
SILENCE_FILE = f"{SILENCE}.pt"
ZIP_START = b"PK"  # torch saves zip files
VOCABULARIES = ("tokenizer.json", "vocab.json")


def module_problems(place: Path) -> Iterator[str]:
    """Iterate over what is wrong with a module's folder: its config and its weights."""
    config = place / "config.json"
    if not config.is_file():
        yield f"{place} has no config.json."
        return
    try:
        read_json(config)
    except WeightsError as error:
        yield str(error)
    yield from weight_problems(place)


def tokenizer_problems(place: Path) -> Iterator[str]:
    """Check the vocabulary: a tokenizer of a few tokens loads without a warning and then reads nothing. A
    large file has more and is not parsed, since this runs at every start."""
    file = next((path for name in VOCABULARIES if (path := place / name).is_file()), None)
    if file is None:
        yield f"The tokenizer in {place} is empty: it has no {' and no '.join(VOCABULARIES)}."
        return
    if file.stat().st_size > READ_VOCABULARY_BYTES:
        return
    try:
        content = read_json(file)
    except WeightsError as error:
        yield str(error)
        return
    words = content.get("model", {}).get("vocab", {}) if file.name == "tokenizer.json" else content
    if len(words) < LEAST_VOCABULARY:
        yield f"{file} knows {len(words)} token(s): the tokenizer's vocabulary is missing. Fetch it again."


def silence_problems(file: Path) -> Iterator[str]:
    with file.open("rb") as stream:
        if stream.read(2) != ZIP_START:
            yield f"{file} is cut off or is not what torch saves. Fetch it again."
