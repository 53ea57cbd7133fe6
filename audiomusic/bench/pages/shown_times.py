"""The remaining times that users see for queued songs, in a browser and on a server that has not made any
song yet: how far they are from the real ones, and whether they ever rise.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from audiomusic.bench.pages.visitor import PageVisitor, visit
from audiomusic.bench.report import Report
from audiomusic.devtools.scratch_server import ScratchServer

WORDS = "[Verse]\nThe river runs beneath the bridge\nWe watch the boats go by\n\n[Chorus]\nOh sing it slow"
STYLES = (
    "indie pop, warm synths", "slow piano and strings", "boom bap, dusty drums", "energetic metal",
    "folk ballad, female voice", "jazz trio", "synth pop, bright", "ambient pads", "country, male voice",
    "bossa nova",
)  # fmt: skip
LENGTHS_S = (30, 20, 12, 60, 25, 10, 45, 15, 40, 55)
TAKES = (1, 1, 2, 1, 1, 3, 1, 2)
SONGS = 20
AT_ONCE = (1, 1, 2, 1, 3)  # how many are requested together; the next group follows when they are done
LOOK_S = 0.25
SONG_TIMEOUT_S = 300
ALLOWED = 1 / 3  # the allowed relative error of a shown time
NOISE_S = 1.0  # a smaller rise does not count
#: Row -> what it shows.
READ_ROWS = """() => [...document.querySelectorAll('#line [data-unfinished]')].map((row) => [
  row.dataset.song, row.dataset.status,
  row.querySelector('[data-part=left]').textContent,
  row.querySelector('progress').hasAttribute('value') ? row.querySelector('progress').value : null,
])"""


class Shown(NamedTuple):
    """A row of the queue at one moment."""

    at_s: float
    is_made: bool
    words: str
    percent: float | None  # None: the bar has no value


def timed_songs() -> list[tuple[str, dict[str, Any]]]:
    """Return endpoint and request of each song: sung and instrumental, 10 to 60 s, one to three takes."""
    songs = []
    for number in range(SONGS):
        body: dict[str, Any] = {
            "duration": LENGTHS_S[number % len(LENGTHS_S)],
            "batch_size": TAKES[number % len(TAKES)],
            "seed": number,
        }
        style = STYLES[number % len(STYLES)]
        if number % 3 == 1:
            songs.append(("prompt2instrumental", {"prompt": style, **body}))
        else:
            songs.append(("text2music", {"caption": style, "lyrics": WORDS, **body}))
    return songs


def measure_shown_times() -> Report:
    """Measure 20 songs on a scratch server with its own worker."""
    with ScratchServer(database_url="") as server, visit(server, path="/queue") as visitor:
        shown, ends = _watch(server, visitor)
    return times_report(shown, ends)


def _watch(server: ScratchServer, visitor: PageVisitor) -> tuple[dict[str, list[Shown]], dict[str, float]]:
    shown: dict[str, list[Shown]] = {}
    ends: dict[str, float] = {}
    songs, turn = timed_songs(), 0
    while songs:
        count = AT_ONCE[turn % len(AT_ONCE)]
        now, songs, turn = songs[:count], songs[count:], turn + 1
        asked = {
            str(server.call("POST", f"/api/v1/music/{task}", body)[1]["job"]["id"]) for task, body in now
        }
        visitor.page.goto(f"{server.base_url}/queue")
        began = time.monotonic()
        while asked - ends.keys():
            if time.monotonic() - began > SONG_TIMEOUT_S:
                raise TimeoutError(f"Expected {count} songs within {SONG_TIMEOUT_S} s, got {len(ends)}.")
            at_s = time.monotonic()
            rows = {row[0]: row for row in visitor.page.evaluate(READ_ROWS)}
            for song, status, words, percent in rows.values():
                shown.setdefault(song, []).append(Shown(at_s, status == "PROCESSING", words, percent))
            for song in asked - ends.keys():
                if song not in rows and _is_over(server, song):
                    ends[song] = time.monotonic()
            visitor.page.wait_for_timeout(1000 * LOOK_S)
        sys.stderr.write(f"  times: {len(ends)} of {SONGS} songs\n")
    return shown, ends


def _is_over(server: ScratchServer, song: str) -> bool:
    status = server.call("GET", f"/api/v1/jobs/{song}")[1]["status"]
    return status in ("COMPLETED", "FAILED")


def shown_range_s(words: str) -> tuple[float, float] | None:
    """Return the range of seconds that the words promise, or None if they promise nothing. Raises ValueError
    for unknown words.
    """
    if not words:
        return None
    if words.startswith("a few seconds"):
        return 0.0, 10.0
    found = re.fullmatch(r"about (?:(\d+) h ?)?(?:(\d+) min ?)?(?:(\d+) s )?left", words)
    if not found or not any(found.groups()):
        raise ValueError(f"Expected a time in words, got {words!r}.")
    hours, minutes, seconds = (int(number or 0) for number in found.groups())
    total_s = hours * 3600.0 + minutes * 60 + seconds
    return total_s, total_s


def miss(words: str, left_s: float) -> float | None:
    """Return the relative error of the shown time, or None if none was shown."""
    promised = shown_range_s(words)
    if promised is None or left_s <= 0:
        return None
    nearest_s = min(max(left_s, promised[0]), promised[1])
    return abs(nearest_s - left_s) / left_s


def count_rises(looks: Iterable[Shown]) -> int:
    """Count how often the time shown for one song rose."""
    rises, last_s = 0, None
    for look in looks:
        promised = shown_range_s(look.words)
        if promised is None:
            continue
        if last_s is not None and promised[1] > last_s + NOISE_S:
            rises += 1
        last_s = promised[1]
    return rises


def times_report(shown: Mapping[str, Sequence[Shown]], ends: Mapping[str, float]) -> Report:
    report = Report()
    misses: dict[bool, list[float]] = {True: [], False: []}
    silent: dict[str, list[bool]] = {}
    stills = []
    for song, looks in shown.items():
        made = [look for look in looks if look.is_made]
        for look in looks:
            found = miss(look.words, ends[song] - look.at_s)
            if found is not None:
                misses[look.is_made].append(found)
        silent[song] = [not look.words for look in made]
        moved = next((look.at_s for look in made if look.percent), None)
        stills.append((moved or ends[song]) - made[0].at_s if made else 0.0)
    every = misses[True] + misses[False]
    report.add("times_songs", len(ends), at_least=SONGS)
    report.add("times_times", len(every))
    report.add("times_within_a_third_share", _share(every), at_least=0.9)
    report.add("times_in_the_making_within_a_third_share", _share(misses[True]))
    report.add("times_waiting_within_a_third_share", _share(misses[False]))
    report.add("times_worst_miss", max(every, default=0.0))
    report.add("times_rises", sum(count_rises(looks) for looks in shown.values()), at_most=0)
    first = min(shown, key=int, default="")
    first_misses = [
        found
        for look in shown.get(first, ())
        if (found := miss(look.words, ends[first] - look.at_s)) is not None
    ]
    report.add("times_first_within_a_third_share", _share(first_misses), at_least=0.9)
    report.add("times_first_silent_share", _mean(silent.get(first, [])))
    report.add("times_silent_share", _mean([each for looks in silent.values() for each in looks]))
    report.add("times_bar_still_s_p50", sorted(stills)[len(stills) // 2] if stills else 0.0, at_most=2.5)
    report.add("times_bar_still_s_max", max(stills, default=0.0))
    return report


def _share(misses: Sequence[float]) -> float:
    return _mean([found <= ALLOWED for found in misses]) if misses else 1.0


def _mean(values: Sequence[bool]) -> float:
    return sum(values) / len(values) if values else 0.0
