"""The calls that `bench api` makes, built from the loaded user's jobs."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any
from urllib.parse import quote

from audiomusic.bench.api.http_load import Call
from audiomusic.bench.fixtures.sample_jobs import COMMON_WORD, RARE_WORD

Ask = Callable[[str], Any]  # path -> the parsed response of a GET

BASE = "/api/v1/music"
DEEP_SKIP = 100_000
TARGETS = 400  # jobs that are read, liked and renamed in turn
SORTS = ("created_at", "display_name", "audio_duration", "status", "duration", "tempo", "plays")
#: Values that many of the sample jobs have; half of them have the occasion.
FILTERS = {
    "task": "text2music", "status": "COMPLETED", "song_type": "song", "language": "es",
    "genre": "Rock", "emotion": "Romantic", "occasion": "Night",
}  # fmt: skip
SONG = {"caption": "bright pop song, midnight drive", "instrumental": True, "duration": 60}
MISSING_WORD = "qwxzkvjq"
SECOND_COMMON_WORD = "verse"  # in the lyrics of two songs in three
#: Searches for more than one word; the typo has two letters swapped.
SEARCHES = {
    "two_rare": f"{COMMON_WORD} {RARE_WORD}",
    "two_common": f"{COMMON_WORD} {SECOND_COMMON_WORD}",
    "phrase": f'"{COMMON_WORD} mix"',
    "typo": f"{RARE_WORD[:3]}{RARE_WORD[4]}{RARE_WORD[3]}{RARE_WORD[5:]}",
}


def api_calls(ask: Ask) -> list[Call]:
    """Return the reads first, then the writes, which change what the reads find."""
    total = ask(f"{BASE}/jobs/counts")["total"]
    ids = [job["id"] for skip in range(0, TARGETS, 100) for job in ask(f"{BASE}/jobs?limit=100&skip={skip}")]
    return [
        Call("status", [f"{BASE}/jobs/{id}/status" for id in ids]),
        *_lists(total),
        *_filters(),
        Call("search_rare", [_jobs(search=RARE_WORD)]),
        Call("search_common", [_jobs(search=COMMON_WORD)]),
        Call("search_missing", [_jobs(search=MISSING_WORD)]),
        *(Call(f"search_{name}", [_jobs(search=query)]) for name, query in SEARCHES.items()),
        Call("counts", [f"{BASE}/jobs/counts"]),
        Call("liked", [f"{BASE}/liked"]),
        Call("statistics", [f"{BASE}/filters/stats"]),
        Call("like", [f"{BASE}/jobs/{id}/like" for id in ids], method="POST"),
        Call("patch", [f"{BASE}/jobs/{id}" for id in ids], method="PATCH", body={"display_name": "Renamed"}),
        Call("create", [f"{BASE}/text2music"], method="POST", body=SONG),
    ]


def _jobs(**query: Any) -> str:
    return f"{BASE}/jobs?" + "&".join(f"{name}={quote(str(value))}" for name, value in query.items())


def _lists(total: int) -> list[Call]:
    """Return the calls of lists; the deep page is in the middle of a shorter list."""
    sorts = [
        Call(f"sort_{field}_{order}", [_jobs(sort_by=field, sort_order=order)])
        for field, order in product(SORTS, ("asc", "desc"))
    ]
    deep = Call("list_deep", [_jobs(skip=min(DEEP_SKIP, total // 2))])
    return [Call("list_first", [f"{BASE}/jobs"]), deep, *sorts]


def _filters() -> list[Call]:
    """Return each filter alone, then three at once."""
    liked = _jobs(status=FILTERS["status"], genre=FILTERS["genre"], liked="true")
    return [
        *(Call(f"filter_{name}", [_jobs(**{name: word})]) for name, word in FILTERS.items()),
        Call("filter_status_failed", [_jobs(status="FAILED")]),
        Call("filter_liked", [_jobs(liked="true")]),
        Call("filter_not_liked", [_jobs(liked="false")]),
        Call("filter_three", [liked]),
    ]
