"""An engine that renders quiet noise, or whatever a test makes it do."""

import time

import numpy as np

from audiomusic.engines.base import SAMPLE_RATE_HZ, Cancelled, Fit, SongResult, TakeResult


class FakeEngine:
    name = "fake"
    version = "0.1"
    duration_s = 0.5
    on_start = None  # called with the request when a song starts

    def generate(self, request, *, on_progress, is_cancelled, on_take):
        on_progress("planning", 0.0)
        if FakeEngine.on_start:
            FakeEngine.on_start(request)
        for index, seed in enumerate(request.seeds, start=1):
            if is_cancelled():
                raise Cancelled
            on_progress("rendering", index / len(request.seeds))
            noise = np.random.default_rng(seed).normal(0, 0.01, (2, int(self.duration_s * SAMPLE_RATE_HZ)))
            on_take(TakeResult(index, seed, noise.astype(np.float32), lrc="[00:00.00]la", quality_score=0.9))
        return SongResult(
            effective={"seeds": list(request.seeds), "plan": {"form": "AABA"}},
            caption=request.caption or "planned caption",
            lyrics=request.lyrics,
            bpm=request.bpm or 97.0,
            keyscale="A Minor",
            timesignature="4/4",
            vocal_language="en",
            title="La La",
        )


class FakePlannedOrder:
    def __init__(self, order):
        self.order = order
        self.is_open = True

    def is_wanted(self):
        if self.is_open and self.order.is_cancelled():
            self.is_open = False
            self.order.on_error(Cancelled())
        return self.is_open


class FakeBatchEngine(FakeEngine):
    """A batch engine that makes the songs of a batch one after the other."""

    batch_s = 1000.0
    plans_ahead = False

    def fit(self, request):
        return Fit("fake", request.max_duration_s)

    def plan_batch(self, orders):
        return [FakePlannedOrder(order) for order in orders]

    def make_batch(self, planned):
        for order in (each.order for each in planned if each.is_wanted()):
            try:
                result = self.generate(
                    order.request,
                    on_progress=order.on_progress,
                    is_cancelled=order.is_cancelled,
                    on_take=lambda take, order=order: order.on_take(lambda: take),
                )
                order.on_result(result)
            except Exception as error:
                order.on_error(error)


def play_until_cancelled(is_cancelled, limit_s=60):
    """Run as an engine that obeys a cancellation does; fail the test if no cancellation comes."""
    deadline = time.monotonic() + limit_s
    while not is_cancelled():
        assert time.monotonic() < deadline, "no one cancelled"
        time.sleep(0.01)
    raise Cancelled
