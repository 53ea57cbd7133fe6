"""How long a song in the making will still take, as far as that is known.

Two things tell it: what songs like it took on this machine, and how far its engine says to be. The first
song of all has only its engine, and that not from the start, so at first nothing is told. A time that was
told never rises: where it was too short it is held; where that would be a lie, nothing is told any more.

A song may be planned while others are made, and then wait for its turn: what they still need comes before
its own time, and while it waits its own does not pass.

Knows neither clock nor database: every moment is given, in seconds since the song was claimed.
"""

from __future__ import annotations

ENOUGH_SHARE = 0.2  # of a song, and
ENOUGH_S = 1.0  # so long a time, before its engine's word alone is worth a time
HELD_SHARE = 0.4  # a told time is held while the song needs no more beyond it than this share of it,
HELD_S = 4.0  # or than so many seconds
NEAR_SHARE = 0.15  # the bar is no further than this from what the engine says


class TimeLeft:
    """Of one song. Set `work_s` and `loading_s` once they are known: what songs like it took, and what it
    will wait until its engine is loaded."""

    def __init__(self, work_s: float | None = None, loading_s: float = 0.0) -> None:
        self.work_s = work_s
        self.loading_s = loading_s
        #: What the songs before it still need; None where nobody knows.
        self.ahead_s: float | None = 0.0
        self._waited_s = 0.0
        self._waits_since_s: float | None = None
        self._began_s: float | None = None  # the engine's first word
        self._began_share = 0.0
        self._heard_s = 0.0
        self._share = 0.0
        self._shown_s: float | None = None

    @property
    def loaded_after_s(self) -> float | None:
        """When the engine began; None while it is loading."""
        return self._began_s

    def pause(self, at_s: float) -> None:
        """Nothing is done for the song until its turn comes."""
        if self._waits_since_s is None:
            self._waits_since_s = at_s

    def resume(self, at_s: float) -> None:
        """It is the song's turn."""
        self.ahead_s = 0.0
        if self._waits_since_s is not None:
            self._waited_s += at_s - self._waits_since_s
            self._waits_since_s = None

    def heard(self, share: float, at_s: float) -> None:
        """The engine says that so much of the song, 0..1, is done."""
        at_s = self._worked_s(at_s)
        if self._began_s is None:
            self._began_s, self._began_share, self._share = at_s, share, share
        elif share > self._share:
            self._share, self._heard_s = share, at_s

    def shown_s(self, now_s: float) -> float | None:
        """Seconds to tell people; None where nobody can know."""
        estimate_s = self.estimate_s(now_s)
        if estimate_s is None:
            return None
        if self._shown_s is None or estimate_s <= self._shown_s:
            self._shown_s = estimate_s
        elif estimate_s - self._shown_s > max(HELD_SHARE * self._shown_s, HELD_S):
            return None
        return self._shown_s

    def estimate_s(self, now_s: float) -> float | None:
        """What is left as it looks now, whatever was told before."""
        own_s = self._own_s(self._worked_s(now_s))
        return None if own_s is None or self.ahead_s is None else self.ahead_s + own_s

    def _worked_s(self, now_s: float) -> float:
        """`now_s` without the time in which the song waited for its turn."""
        return (now_s if self._waits_since_s is None else self._waits_since_s) - self._waited_s

    def _own_s(self, now_s: float) -> float | None:
        """What is left of the song itself."""
        by_itself = self._by_itself_s(now_s)
        if self.work_s is None:
            return by_itself
        if self._began_s is None:
            return self.work_s + max(self.loading_s - now_s, 0.0)
        worked_s = now_s - self._began_s
        by_others = self.work_s - worked_s
        if by_others <= 0 or by_itself is None:
            return by_others if by_others > 0 else by_itself
        # Engines tell their share in steps, and not evenly: the further they are, or should be, the more
        # their word counts.
        own = max(self._share, worked_s / self.work_s)
        return (1 - own) * by_others + own * by_itself

    def bar_share(self, now_s: float) -> float:
        """How far the bar is, 0..1: in time where that is known, and never far from what the engine says."""
        left_s = self.estimate_s(now_s)
        if left_s is None:
            return self._share
        in_time = now_s / (now_s + left_s) if now_s + left_s > 0 else 0.0
        return min(max(in_time, self._share - NEAR_SHARE), self._share + NEAR_SHARE, 1.0)

    def _by_itself_s(self, now_s: float) -> float | None:
        """By the engine's word alone: None before it is worth a time. What passed since it spoke last is
        taken off; an engine that is silent for longer than all that was left is not believed."""
        if self._began_s is None:
            return None
        took_s, gained = self._heard_s - self._began_s, self._share - self._began_share
        if gained < ENOUGH_SHARE or took_s < ENOUGH_S:
            return None
        left_s = took_s * (1 - self._share) / gained
        silent_s = now_s - self._heard_s
        return left_s - silent_s if silent_s < left_s else None
