"""The warm-up requests of a worker: a short song in each form that is compiled separately."""

from __future__ import annotations

from audiomusic.engines.base import BUILT_IN_WRITER, Order, SongRequest

WARM_S = (6.0, 9.0)


def warm_up_requests() -> list[list[SongRequest]]:
    """Return the batches: one song; several takes of one prompt; several prompts of one length; several
    lengths."""
    short, long = (_request(duration_s) for duration_s in WARM_S)
    other = _request(WARM_S[0], caption="a longer description of quiet piano music, slow and warm")
    return [[short], [_request(WARM_S[0], takes=2)], [short, other], [short, long, other]]


def _request(duration_s: float, *, caption: str = "piano", takes: int = 1) -> SongRequest:
    return SongRequest(
        kind="instrumental",
        caption=caption,
        seeds=tuple(range(takes)),
        duration_s=duration_s,
        max_duration_s=duration_s,
        written=BUILT_IN_WRITER,
        calculate_quality=False,
        options={"thinking": False},
    )


def silent_order(request: SongRequest, errors: list[Exception]) -> Order:
    """Return an order whose takes are discarded."""
    return Order(
        request,
        on_progress=lambda stage, share: None,
        is_cancelled=lambda: False,
        on_take=lambda finish: None,
        on_result=lambda result: None,
        on_error=errors.append,
    )
