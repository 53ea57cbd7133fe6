"""Finds when each word is sung, from the transformer's attention to the lyrics.

This is ACE-Step's method: some of its cross-attention heads follow the lyrics as they are sung. What they
agree on, normalised over both words and frames, is sharpened, and the best monotonic path through it assigns
frames to every token.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from audiomusic.engines.studio.score import SungWord

MEDIANS_TAKEN = 2.0  # subtracted per row and column: a head that attends everywhere says nothing
_STAY, _NEXT, _BOTH = 0, 1, 2  # how a cell was reached: another frame, another token, both

Span = tuple[int, int]  # a range of characters: start, end (exclusive)


def sharpened(attention: Tensor) -> npt.NDArray[np.float64]:
    """Return what the heads agree on, [tokens, frames], from their attention [heads, tokens, frames].

    A cell counts if the token attends to the frame and the frame to the token. Lines across the matrix are
    removed, and each cell is given in standard deviations from the mean.
    """
    attention = attention.float().cpu()
    agreed = attention.softmax(-1) * attention.softmax(-2)
    for axis in (-1, -2):
        agreed = (agreed - MEDIANS_TAKEN * agreed.quantile(0.5, dim=axis, keepdim=True)).relu()
    agreed = agreed.square()
    deviation, mean = torch.std_mean(agreed, correction=0)
    return ((agreed - mean) / (deviation + 1e-9)).mean(0).double().numpy()


def token_frames(score: npt.NDArray[np.float64]) -> list[Span]:
    """Return the frames of each token, start and exclusive end, on the monotonic path from the first token
    and frame to the last that collects the most of `score` [tokens, frames].

    Dynamic time warping, one anti-diagonal at a time: all of its cells depend only on the two before it.
    """
    tokens, frames = score.shape
    came = np.zeros((tokens, frames), dtype=np.int8)
    before = last = np.full(tokens, -np.inf)
    for step in range(tokens + frames - 1):
        rows = np.arange(max(0, step - frames + 1), min(tokens, step + 1))
        above = np.where(rows > 0, rows - 1, 0)
        ways = np.stack([last[rows], last[above], before[above]])  # in the order of _STAY, _NEXT, _BOTH
        ways[_STAY, step - rows == 0] = -np.inf
        ways[1:, rows == 0] = -np.inf
        ways[_BOTH, step - rows == 0] = -np.inf
        best = ways.argmax(0)
        came[rows, step - rows] = best
        now = np.full(tokens, -np.inf)
        gathered = ways[best, np.arange(len(rows))] if step else np.zeros(1)
        now[rows] = gathered + score[rows, step - rows]
        before, last = last, now
    return _walked_back(came)


def _walked_back(came: npt.NDArray[np.int8]) -> list[Span]:
    token, frame = came.shape[0] - 1, came.shape[1] - 1
    first, last = [0] * came.shape[0], [0] * came.shape[0]
    last[token] = frame
    while token or frame:
        way = came[token, frame]
        if way != _STAY:
            first[token] = frame
            token -= 1
        if way != _NEXT:
            frame -= 1
        if way != _STAY:
            last[token] = frame
    return [(start, stop + 1) for start, stop in zip(first, last, strict=True)]


def sung_lines(
    lyrics: str, token_spans: Sequence[Span], frames: Sequence[Span], frame_s: float, duration_s: float
) -> list[list[SungWord]]:
    """Return the words of each sung line, with their times.

    `token_spans`: the characters of `lyrics` that each token covers; `frames`: when it is sung.
    """
    lines = []
    for line in _lines(lyrics):
        words = [
            SungWord(start * frame_s, min(stop * frame_s, duration_s), lyrics[span[0] : span[1]])
            for span in _words(lyrics, line)
            if (found := _frames_of(span, token_spans, frames)) is not None
            for start, stop in [found]
        ]
        if words:
            lines.append(words)
    return lines


def _lines(lyrics: str) -> Iterator[Span]:
    """Iterate over the lines that are sung, i.e. neither empty nor a [Section]."""
    for line in re.finditer(r"[^\n]+", lyrics):
        text = line[0].strip()
        if text and not (text.startswith("[") and text.endswith("]")):
            yield line.span()


def _words(lyrics: str, line: Span) -> Iterator[Span]:
    for word in re.compile(r"\S+").finditer(lyrics, *line):
        yield word.span()


def _frames_of(word: Span, token_spans: Sequence[Span], frames: Sequence[Span]) -> Span | None:
    """Return the frames of a word, or None if no token covers it because it was truncated."""
    found = [
        frames[place] for place, (start, stop) in enumerate(token_spans) if start < word[1] and stop > word[0]
    ]
    return (found[0][0], found[-1][1]) if found else None
