"""Mix all players to stereo, block by block: balance, kick ducking, room and echo."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from audiomusic.engines.base import SAMPLE_RATE_HZ, Monitor
from audiomusic.engines.studio.score import Score, Track
from audiomusic.engines.studio.synth.declared import fill, read_tables
from audiomusic.engines.studio.synth.memory import release_freed_memory
from audiomusic.engines.studio.synth.render import DrumPlayer, Player, TrackPlayer
from audiomusic.engines.studio.synth.signals import smooth
from audiomusic.engines.studio.synth.space import Convolver, Echo, Room, convolved
from audiomusic.engines.studio.synth.tone import Curve as ToneCurve

MIX_DIR = Path(__file__).parent / "mixes"
BLOCK = 12 * SAMPLE_RATE_HZ  # fixed grid: blocks on another grid would differ in the last bit
BANKS_MIB = 180  # for the note banks of all tracks together
RELEASE_EVERY = 6  # return freed memory to the system after this many blocks
ROOM_BLEND = 0.35  # how much the channels are blended before the room
ECHO_IN_ROOM = 0.2

UNDUCKED_ROLES = frozenset({"lead", "answer", "riser"})  # not ducked by the kick
DUCK_HOP = 32  # samples between points of the ducking curve
DUCK_SMOOTH = 5  # points; 3 ms, so that ducking does not click
DUCK_RECOVERY_BEATS = 0.8
DUCK_LONGEST_S = 0.45

#: How a caption's wishes change a mix.
MOST_TAKEN_DB = 12.0  # maximum correction towards the balance of another song
SPACE_DB = {"dry": -12.0, "wet": 5.0}
WIDTH_DB = {"wide": 3.0, "narrow": -60.0}
DRUMS_DB = {"louder:drums": 4.0, "softer:drums": -5.0}
VOCALS_DB = {"louder:vocals": 3.0, "softer:vocals": -3.0}


@dataclass(frozen=True)
class VocalSettings:
    """The singer's level and place in the mix."""

    partner_db: float = -1.5  # relative to the lead
    double_db: float = -8.0
    harmony_db: float = -7.0
    room_send: float = 0.28
    echo_send: float = 0.16
    ratio: float = 3.0
    tone: ToneCurve = ((100.0, 0.0), (10_000.0, 0.0))  # target long-term spectrum of a voice
    most_tone_db: float = 10.0  # maximum correction towards it


@dataclass(frozen=True)
class MixSettings:
    """The mix of one kind of music."""

    genres: tuple[str, ...]
    room: Room
    echo: Echo
    vocal: VocalSettings
    drums_db: float = 0.0
    drums_room: float = 1.0  # factor on the kit's reverb send in the score
    vocal_above_db: float = 2.0  # lead over the instruments while it sings, in LU
    duck_band_db: float = 1.5  # how far the instruments are ducked meanwhile
    duck_words_db: float = 11.0  # additional ducking at the frequencies of speech intelligibility
    side_low_cut_hz: float = 130.0  # the mix is mono below this
    low_cut_hz: float = 26.0
    width_db: float = 0.0  # extra side level above side_low_cut_hz
    balance: ToneCurve = ((40.0, 0.0), (16_000.0, 0.0))  # target long-term spectrum of the master
    most_balance_db: float = 5.0  # maximum correction towards it
    glue_db: float = 2.0  # compression of the loudest moments


_PARTS: dict[str, type[Any]] = {"room": Room, "echo": Echo, "vocal": VocalSettings}


def _over(base: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, Any]:
    """Merge a table's settings over `base`'s, including those of its parts."""
    return {**base, **table} | {name: {**base.get(name, {}), **table.get(name, {})} for name in _PARTS}


def _settings(name: str, tables: Mapping[str, Mapping[str, Any]]) -> MixSettings:
    """Return the mix of a table, merged over the one it is `like`, merged over the default."""
    own = dict(tables[name])
    merged = _over(_over(tables["default"], tables[own.pop("like", "default")]), own)
    merged |= {name: fill(kind, merged[name]) for name, kind in _PARTS.items()}
    settings: MixSettings = fill(MixSettings, merged)
    return settings


@lru_cache(maxsize=1)
def mixes() -> dict[str, MixSettings]:
    """Return every mix by its own name and by the genres it serves."""
    tables = read_tables(MIX_DIR)
    found = {name: _settings(name, tables) for name in tables}
    served = {genre: settings for settings in found.values() for genre in settings.genres}
    return {**served, **found}


def mix_of(score: Score) -> MixSettings:
    """Return the mix that a score names, else its genre's, else the default, changed by the caption's wishes
    and with the balance of the song whose sound it copies."""
    settings = wished_mix(_named_mix(score), score.notes.get("mix", ()))
    if balance := score.notes.get("balance"):
        most_db = max(settings.most_balance_db, MOST_TAKEN_DB)
        settings = replace(settings, balance=tuple((hz, db) for hz, db in balance), most_balance_db=most_db)
    return settings


def wished_mix(settings: MixSettings, wishes: Collection[str]) -> MixSettings:
    """Change the settings as the caption asks: drier, wider, drums or vocals louder or softer."""
    for wish in wishes:
        if wish in SPACE_DB:
            more_db = SPACE_DB[wish]
            settings = replace(
                settings,
                room=replace(settings.room, level_db=settings.room.level_db + more_db),
                echo=replace(settings.echo, level_db=settings.echo.level_db + more_db),
            )
        elif wish in WIDTH_DB:
            settings = replace(settings, width_db=settings.width_db + WIDTH_DB[wish])
        elif wish in DRUMS_DB:
            settings = replace(settings, drums_db=settings.drums_db + DRUMS_DB[wish])
        elif wish in VOCALS_DB:
            settings = replace(settings, vocal_above_db=settings.vocal_above_db + VOCALS_DB[wish])
    return settings


def _named_mix(score: Score) -> MixSettings:
    known = mixes()
    wished = (name.strip().casefold().replace(" ", "-") for name in (score.mix, score.genre))
    return next((known[name] for name in wished if name in known), known["default"])


@dataclass
class Lane:
    """A player and how the mix treats it."""

    player: Player
    duck: float = 0.0  # share of the kick ducking


@dataclass
class Band:
    """All players."""

    lanes: list[Lane]
    kicks: list[int] = field(default_factory=list)  # samples

    @property
    def stop(self) -> int:
        return max((lane.player.stop for lane in self.lanes), default=0)


#: Whether a track, or a piece of the drum kit by its name, is audible.
Plays = Callable[[Track | str], bool]


def everything(player: Track | str) -> bool:
    return True


def band_of(score: Score, settings: MixSettings, plays: Plays = everything) -> Band:
    """Return the players of a score's tracks and drums. Those that `plays` excludes are missing, but the
    others play as if they were there: tracks keep their numbers, and an inaudible kick still ducks."""
    playing = [(number, track) for number, track in enumerate(score.tracks) if track.notes and plays(track)]
    lanes = []
    for number, track in playing:
        player = TrackPlayer(score, number, track, BANKS_MIB / len(playing))
        lanes.append(Lane(player, 0.0 if track.role in UNDUCKED_ROLES else player.patch.duck))
    if score.drums is None or not score.drums.hits:
        return Band(lanes)
    drums = DrumPlayer(score, score.drums, settings.drums_db, plays)
    drums.reverb_send *= settings.drums_room
    return Band([*lanes, Lane(drums)] if drums.is_heard else lanes, drums.kicks)


class KickDucking:
    """A gain that dips with every kick and recovers before the next beat."""

    def __init__(self, kicks: Sequence[int], depth_db: float, quarter_s: float) -> None:
        self._kicks = torch.tensor(sorted(kicks), dtype=torch.int64)
        self._depth_db = depth_db
        self._recovery = min(DUCK_LONGEST_S, DUCK_RECOVERY_BEATS * quarter_s) * SAMPLE_RATE_HZ

    def gain(self, start: int, stop: int, share: float) -> Tensor | None:
        """Return the gain, float32 [stop - start], or None if nothing is ducked."""
        if not share or not self._depth_db or not len(self._kicks):
            return None
        margin = DUCK_SMOOTH + 1
        first, last = start // DUCK_HOP - margin, -(-stop // DUCK_HOP) + margin
        at = torch.arange(first, last + 1) * DUCK_HOP
        past = torch.searchsorted(self._kicks, at, right=True) - 1
        since = torch.where(past >= 0, at - self._kicks[past.clamp(min=0)], 1 << 40).float()
        back = (since / self._recovery).clamp(max=1)
        dip = 0.5 + 0.5 * torch.cos(math.pi * back**0.8)
        curve = torch.exp(smooth(dip, DUCK_SMOOTH) * (-share * self._depth_db * math.log(10) / 20))
        return stretch(curve, DUCK_HOP)[start - first * DUCK_HOP :][: stop - start]


def stretch(points: Tensor, hop: int) -> Tensor:
    """Interpolate linearly between points `hop` samples apart: float32 [(len(points) - 1) * hop]."""
    part = torch.arange(hop, dtype=torch.float32) / hop
    return (points[:-1, None] + (points[1:] - points[:-1])[:, None] * part).reshape(-1)


class Space:
    """The room and echo shared by all players; the echo also feeds the room."""

    def __init__(self, settings: MixSettings, quarter_s: float) -> None:
        room, echo = settings.room.impulse(), settings.echo.impulse(quarter_s)
        in_room = convolved(_blended(echo, ROOM_BLEND), room) * ECHO_IN_ROOM
        in_room[:, : echo.shape[1]] += echo
        near, far = 1 - ROOM_BLEND / 2, ROOM_BLEND / 2
        left = room * torch.tensor([[near], [far]])
        right = room * torch.tensor([[far], [near]])
        self._convolver = Convolver([left, right, in_room])
        self.ringing = in_room.shape[1]  # samples

    def next(self, to_room: Tensor, to_echo: Tensor) -> Tensor:
        """Return the room and echo response to a block's two sends [2, n]; the echo send is mono."""
        return self._convolver.next(torch.cat([to_room, to_echo.mean(0, keepdim=True)]))


def _blended(wave: Tensor, blend: float) -> Tensor:
    """Blend the channels: 0 keeps them separate, 1 makes them mono."""
    return wave * (1 - blend) + wave.mean(0, keepdim=True) * blend


@dataclass
class Sums:
    """One block of a mix: the dry sum and both sends, each [2, n]."""

    dry: Tensor
    to_room: Tensor
    to_echo: Tensor

    @classmethod
    def silent(cls, n: int) -> Sums:
        return cls(torch.zeros(2, n), torch.zeros(2, n), torch.zeros(2, n))

    def add(self, wave: Tensor, room_send: float, echo_send: float) -> None:
        self.dry += wave
        if room_send:
            self.to_room.add_(wave, alpha=room_send)
        if echo_send:
            self.to_echo.add_(wave, alpha=echo_send)


def block_spans(total: int, first: int = 0) -> list[tuple[int, int]]:
    """Return the fixed block grid from sample `first` to sample `total` of a song."""
    return [(start, min(start + BLOCK, total)) for start in range(first, total, BLOCK)]


def _played(lane: Lane, ducking: KickDucking, start: int, stop: int) -> Tensor | None:
    wave = lane.player.render(start, stop)
    gain = None if wave is None else ducking.gain(start, stop, lane.duck)
    return wave if wave is None or gain is None else wave * gain


def mixed_blocks(
    band: Band,
    ducking: KickDucking,
    space: Space,
    spans: Sequence[tuple[int, int]],
    pool: ThreadPoolExecutor,
    monitor: Monitor,
) -> Iterator[tuple[int, Tensor]]:
    """Yield the mix in order: (first sample, float32 [2, n]) for each of `block_spans`.

    Players render in the pool, up to one block ahead of the sum, so no worker waits for the slowest player of
    a block. They are summed in band order, so the number of workers does not change the result. Each player
    is only ever used by one thread at a time.
    """
    steps, done = len(spans) * max(1, len(band.lanes)), 0

    def submit(lane: Lane, number: int) -> Future[Tensor | None]:
        return pool.submit(_played, lane, ducking, *spans[number])

    waiting = [submit(lane, 0) for lane in band.lanes] if spans else []
    for number, (start, stop) in enumerate(spans):
        sums = Sums.silent(stop - start)
        for place, lane in enumerate(band.lanes):
            wave = waiting[place].result()
            if number + 1 < len(spans):
                waiting[place] = submit(lane, number + 1)
            done += 1
            monitor.tick(done / steps)
            if wave is not None:
                sums.add(wave, lane.player.reverb_send, lane.player.delay_send)
        yield start, sums.dry + space.next(sums.to_room, sums.to_echo)
        if number % RELEASE_EVERY == RELEASE_EVERY - 1:
            release_freed_memory()


def add_mix(
    target: npt.NDArray[np.float32],
    band: Band,
    score: Score,
    settings: MixSettings,
    pool: ThreadPoolExecutor,
    monitor: Monitor,
    first: int = 0,
) -> None:
    """Add a band's mix from sample `first` of the song to float32 [2, n] in place, cut at its end."""
    ducking = KickDucking(band.kicks, score.sidechain_db, score.metre.quarter_s)
    space = Space(settings, score.metre.quarter_s)
    spans = block_spans(target.shape[1] + first, first)
    for start, block in mixed_blocks(band, ducking, space, spans, pool, monitor):
        target[:, start - first : start - first + block.shape[1]] += block.numpy()


def tail_length(score: Score, settings: MixSettings, band: Band, total: int) -> int:
    """Return how many samples a loop rings beyond its end, including room and echo."""
    if not score.seamless_loop:
        return 0
    return max(0, band.stop - total) + Space(settings, score.metre.quarter_s).ringing
