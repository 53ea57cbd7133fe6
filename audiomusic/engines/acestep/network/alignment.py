"""When each word is sung, from how the transformer looked at the lyrics.

ACE-Step's own way: some of its cross-attention heads follow the lyrics as they are sung. What they
agree on, seen from the words and from the frames, is sharpened, and the best way through it that
never goes back gives every token its frames.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from audiomusic.engines.studio.score import SungWord

MEDIANS_TAKEN = 2.0  # from each row and column: a head that looks everywhere says nothing
_STAY, _NEXT, _BOTH = 0, 1, 2  # how a cell was reached: another frame, another token, both

Span = tuple[int, int]  # characters of a text: from, to before


def sharpened(attention: Tensor) -> npt.NDArray[np.float64]:
    """What the heads agree on, [tokens, frames], of their attention [heads, tokens, frames].

    A cell counts where the token chose the frame and the frame the token; lines across the picture
    are taken out; each cell is given in deviations from the mean.
    """
    attention = attention.float().cpu()
    agreed = attention.softmax(-1) * attention.softmax(-2)
    for axis in (-1, -2):
        agreed = (agreed - MEDIANS_TAKEN * agreed.quantile(0.5, dim=axis, keepdim=True)).relu()
    agreed = agreed.square()
    deviation, mean = torch.std_mean(agreed, correction=0)
    return ((agreed - mean) / (deviation + 1e-9)).mean(0).double().numpy()


def token_frames(score: npt.NDArray[np.float64]) -> list[Span]:
    """The frames of each token, from and to before, on the way from the first token and frame to the
    last ones that gathers most of `score` [tokens, frames] and never goes back.

    Dynamic time warping, one anti-diagonal at a time: all of its cells depend on the two before it.
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
    """The words of each line that is sung, with their times.

    `token_spans`: which characters of `lyrics` each token stands for; `frames`: when it is sung.
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
    """The lines that are sung: neither empty nor a [Section]."""
    for line in re.finditer(r"[^\n]+", lyrics):
        text = line[0].strip()
        if text and not (text.startswith("[") and text.endswith("]")):
            yield line.span()


def _words(lyrics: str, line: Span) -> Iterator[Span]:
    for word in re.compile(r"\S+").finditer(lyrics, *line):
        yield word.span()


def _frames_of(word: Span, token_spans: Sequence[Span], frames: Sequence[Span]) -> Span | None:
    """None where no token stands for the word: it was cut off."""
    found = [
        frames[place] for place, (start, stop) in enumerate(token_spans) if start < word[1] and stop > word[0]
    ]
    return (found[0][0], found[-1][1]) if found else None
