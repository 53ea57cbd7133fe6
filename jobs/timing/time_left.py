"""Estimating how long a song in progress will still take.

There are two sources: how long similar songs took on this machine, and the progress that the engine reports.
The very first song has only its engine's reports, and not from the start, so at first there is no estimate. A
shown time never rises: if it was too short it is held, and if that would mislead, none is shown any more.

A song may be planned while others are made, and then wait for its turn: the time of the songs ahead is added
to its own, which does not pass while it waits.

Uses neither clock nor database: every time is passed in, in seconds since the song was claimed.
"""

from __future__ import annotations

ENOUGH_SHARE = 0.2  # of a song, and
ENOUGH_S = 1.0  # this much time, before the engine's reports alone give an estimate
HELD_SHARE = 0.4  # a shown time is held while the estimate exceeds it by at most this share,
HELD_S = 4.0  # or by this many seconds
NEAR_SHARE = 0.15  # largest distance of the bar from the reported progress


class TimeLeft:
    """The remaining time of one song. Set `work_s` and `loading_s` once they are known: how long similar
    songs took, and how long its engine takes to load."""

    def __init__(self, work_s: float | None = None, loading_s: float = 0.0) -> None:
        self.work_s = work_s
        self.loading_s = loading_s
        #: Seconds that the songs ahead still need; None if unknown.
        self.ahead_s: float | None = 0.0
        self._waited_s = 0.0
        self._waits_since_s: float | None = None
        self._began_s: float | None = None  # the engine's first report
        self._began_share = 0.0
        self._heard_s = 0.0
        self._share = 0.0
        self._shown_s: float | None = None

    @property
    def loaded_after_s(self) -> float | None:
        """When the engine began; None while it is loading."""
        return self._began_s

    def pause(self, at_s: float) -> None:
        """Stop the song's clock: nothing is done for it until its turn."""
        if self._waits_since_s is None:
            self._waits_since_s = at_s

    def resume(self, at_s: float) -> None:
        """Restart the song's clock: it is its turn."""
        self.ahead_s = 0.0
        if self._waits_since_s is not None:
            self._waited_s += at_s - self._waits_since_s
            self._waits_since_s = None

    def heard(self, share: float, at_s: float) -> None:
        """Record the engine's report that this share of the song, 0..1, is done."""
        at_s = self._worked_s(at_s)
        if self._began_s is None:
            self._began_s, self._began_share, self._share = at_s, share, share
        elif share > self._share:
            self._share, self._heard_s = share, at_s

    def shown_s(self, now_s: float) -> float | None:
        """Return the seconds to show; None if unknown."""
        estimate_s = self.estimate_s(now_s)
        if estimate_s is None:
            return None
        if self._shown_s is None or estimate_s <= self._shown_s:
            self._shown_s = estimate_s
        elif estimate_s - self._shown_s > max(HELD_SHARE * self._shown_s, HELD_S):
            return None
        return self._shown_s

    def estimate_s(self, now_s: float) -> float | None:
        """Return the current estimate, whatever was shown before."""
        own_s = self._own_s(self._worked_s(now_s))
        return None if own_s is None or self.ahead_s is None else self.ahead_s + own_s

    def _worked_s(self, now_s: float) -> float:
        """Return `now_s` without the time that the song waited for its turn."""
        return (now_s if self._waits_since_s is None else self._waits_since_s) - self._waited_s

    def _own_s(self, now_s: float) -> float | None:
        """Return the estimate for the song itself."""
        by_itself = self._by_itself_s(now_s)
        if self.work_s is None:
            return by_itself
        if self._began_s is None:
            return self.work_s + max(self.loading_s - now_s, 0.0)
        worked_s = now_s - self._began_s
        by_others = self.work_s - worked_s
        if by_others <= 0 or by_itself is None:
            return by_others if by_others > 0 else by_itself
        # Engines report progress in uneven steps, so their reports count more the further the song is, or
        # should be.
        own = max(self._share, worked_s / self.work_s)
        return (1 - own) * by_others + own * by_itself

    def bar_share(self, now_s: float) -> float:
        """Return the position of the bar, 0..1: by time if known, but never far from the reported
        progress."""
        left_s = self.estimate_s(now_s)
        if left_s is None:
            return self._share
        in_time = now_s / (now_s + left_s) if now_s + left_s > 0 else 0.0
        return min(max(in_time, self._share - NEAR_SHARE), self._share + NEAR_SHARE, 1.0)

    def _by_itself_s(self, now_s: float) -> float | None:
        """Estimate from the engine's reports alone; None before there are enough. The time since its last
        report is subtracted; if that exceeds the whole estimate, the reports are not trusted."""
        if self._began_s is None:
            return None
        took_s, gained = self._heard_s - self._began_s, self._share - self._began_share
        if gained < ENOUGH_SHARE or took_s < ENOUGH_S:
            return None
        left_s = took_s * (1 - self._share) / gained
        silent_s = now_s - self._heard_s
        return left_s - silent_s if silent_s < left_s else None
