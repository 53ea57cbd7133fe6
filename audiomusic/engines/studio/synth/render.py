"""Score rendering: a track's scheduled events, its note cache, and any stretch of audio on demand.

Between stretches a player keeps no state except its note cache, which only saves time, so a song may be
rendered in blocks of any size. Cached notes are quantised in velocity and length; the exact loudness and
release time are applied when a note is mixed into a block.
"""

from __future__ import annotations

import math
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor

from audiomusic.engines.base import SAMPLE_RATE_HZ
from audiomusic.engines.studio.score import DrumTrack, Hit, Note, Score, Track
from audiomusic.engines.studio.synth.drums import DrumPiece, kit_of
from audiomusic.engines.studio.synth.effects import apply_chain, chain_reach
from audiomusic.engines.studio.synth.patches import Patch, patch_of
from audiomusic.engines.studio.synth.signals import Notes, generator, pan_gains, seed_of
from audiomusic.engines.units import db_to_gain, midi_to_hz, seconds_to_samples

STRENGTHS = 5  # velocity layers in the cache
SHORTEST = SAMPLE_RATE_HZ // 10  # shortest cached note; longer ones are sqrt(2) apart
BATCH_SAMPLES = 1 << 19  # maximum samples per batch, to limit memory
STROKES = 3  # round-robin takes of a drum stroke
DRUM_LOOSENESS = 0.5  # share of the band's `humanise_ms` that applies to drums
CHOKE_S = 0.04
SHORTEST_HELD_S = 0.03
#: A bass held to the end of a piece dies away; otherwise only the cut would end it.
DYING_DB_PER_S, DYING_FROM_S = 9.0, 1.0
END_NEAR_S = 0.1
MIB = 1 << 20


class NoteKey(NamedTuple):
    """The cache key of a note."""

    pitch_cents: int
    strength: int  # 0..STRENGTHS - 1
    variant: int
    length: int  # samples


class Stroke(NamedTuple):
    """The cache key of a drum stroke."""

    piece: str
    strength: int
    variant: int


class RenderEvent(NamedTuple):
    """One sound to mix into the track."""

    start: int  # sample of the song
    held: int  # samples until its release
    sounding: int  # samples until it is silent
    key: NoteKey | Stroke
    gain: float
    is_dying: bool = False


class Player(Protocol):
    """A track that can render any stretch of the song."""

    reverb_send: float
    delay_send: float

    @property
    def stop(self) -> int:
        """The sample after the last one that sounds."""
        ...

    def render(self, start: int, stop: int) -> Tensor | None:
        """Return float32 [2, stop - start] with level and pan applied, or None while the track rests."""
        ...


def strength_of(velocity: float) -> int:
    """Return the velocity layer of a velocity."""
    return min(STRENGTHS - 1, max(0, math.floor(velocity * STRENGTHS)))


def strength_velocity(strength: int) -> float:
    """Return the velocity that a layer is rendered with: the middle of its range."""
    return (strength + 0.5) / STRENGTHS


def velocity_gain(velocity: float, dynamics_db: float) -> float:
    """Return the gain of a velocity: 1 at velocity 1, `dynamics_db` less at 0."""
    return db_to_gain(-dynamics_db * (1 - min(1.0, max(0.0, velocity))))


def stored_length(samples: int) -> int:
    """Return the smallest length of the cache's grid that holds `samples`."""
    steps = max(0, math.ceil(2 * math.log2(samples / SHORTEST) - 1e-9)) if samples > SHORTEST else 0
    return math.ceil(SHORTEST * 2 ** (steps / 2))


def performed_starts(score: Score, onsets: Sequence[float], looseness: float, *names: object) -> list[int]:
    """Return the samples at which notated onsets sound, with swing and humanised timing."""
    spread_s = looseness * score.humanise_ms / 1000 / 2
    chance = torch.randn(len(onsets), generator=generator(score.seed, "hands", *names)).clamp(-2, 2)
    played = (
        score.performed_seconds(onset) + spread_s * float(shift)
        for onset, shift in zip(onsets, chance, strict=True)
    )
    return [max(0, seconds_to_samples(second, SAMPLE_RATE_HZ)) for second in played]


class NoteCache:
    """An LRU cache of the rendered notes of one patch."""

    def __init__(self, patch: Patch, seed: int, budget_mib: float) -> None:
        self._patch = patch
        self._seed = seed
        self._budget = int(budget_mib * MIB)
        self._size = 0
        self._notes: OrderedDict[NoteKey, Tensor] = OrderedDict()

    def fetch(self, keys: Iterable[NoteKey]) -> dict[NoteKey, Tensor]:
        """Return the sounds of `keys`, each [1 or 2, key.length], rendering those not in the cache."""
        wanted = list(dict.fromkeys(keys))
        missing = [key for key in wanted if key not in self._notes]
        for batch in _batches(missing):
            for key, sound in zip(batch, self._write(batch), strict=True):
                self._notes[key] = sound.clone()
                self._size += sound.nbytes
        found = {key: self._notes[key] for key in wanted}
        for key in wanted:
            self._notes.move_to_end(key)
        self._shed()
        return found

    def _write(self, keys: Sequence[NoteKey]) -> Tensor:
        pitches = [self._tuned(key) for key in keys]
        return self._patch.write(
            Notes(
                f0_hz=torch.tensor([midi_to_hz(pitch) for pitch in pitches], dtype=torch.float64),
                velocity=torch.tensor([strength_velocity(key.strength) for key in keys]),
                seeds=[seed_of(self._seed, key.pitch_cents, key.strength, key.variant) for key in keys],
                length=keys[0].length,
            )
        )

    def _tuned(self, key: NoteKey) -> float:
        """Return the MIDI pitch of a take: variants are detuned symmetrically, by about a cent."""
        place = key.variant / max(1, self._patch.variants - 1) - 0.5 if self._patch.variants > 1 else 0.0
        return (key.pitch_cents + place * self._patch.detune_cents) / 100

    def _shed(self) -> None:
        while self._size > self._budget and self._notes:
            self._size -= self._notes.popitem(last=False)[1].nbytes


def _batches(keys: Iterable[NoteKey]) -> list[list[NoteKey]]:
    """Group keys of equal length into batches of at most BATCH_SAMPLES."""
    batches: list[list[NoteKey]] = []
    for key in sorted(keys, key=lambda k: (k.length, k)):
        fits = batches and batches[-1][0].length == key.length
        if fits and (len(batches[-1]) + 1) * key.length <= BATCH_SAMPLES:
            batches[-1].append(key)
        else:
            batches.append([key])
    return batches


def released(sound: Tensor, held: int, release: int) -> Tensor:
    """Return a sound [C, n] that is released after `held` samples and silent `release` samples later."""
    if held >= sound.shape[1]:
        return sound
    tail = sound[:, held : held + release]
    x = torch.linspace(0, 1, release)[: tail.shape[1]]
    return torch.cat([sound[:, :held], tail * (torch.exp(-4 * x) * (1 - x))], dim=1)


def dying(sound: Tensor) -> Tensor:
    """Return a sound [C, n] that decays by DYING_DB_PER_S."""
    t_s = torch.arange(sound.shape[1], dtype=torch.float32) / SAMPLE_RATE_HZ
    return sound * torch.exp(t_s * (-DYING_DB_PER_S * math.log(10) / 20))


def _lay(bus: Tensor, sound: Tensor, at: int) -> None:
    """Add a sound [1 or 2, n] to a bus [1 or 2, m] at a sample that may be outside it."""
    first, last = max(0, at), min(bus.shape[1], at + sound.shape[1])
    if first < last:
        bus[:, first:last] += sound[:, first - at : last - at]


class TrackPlayer:
    """One instrument's part."""

    def __init__(self, score: Score, number: int, track: Track, budget_mib: float) -> None:
        self.patch = patch_of(track.instrument)
        self.reverb_send, self.delay_send = track.reverb_send, track.delay_send
        names = (number, track.role, track.instrument)
        self._bank = NoteCache(self.patch, seed_of(score.seed, *names), budget_mib)
        level = db_to_gain(track.gain_db + self.patch.level_db)
        self._gains = pan_gains(track.pan).unsqueeze(1) * level
        self._reach = chain_reach(self.patch.effects)
        self._release = seconds_to_samples(self.patch.release_s, SAMPLE_RATE_HZ)
        starts = performed_starts(score, [note.onset for note in track.notes], 1.0, *names)
        self._is_bass = track.role == "bass"
        self._events = self._perform(score, track.notes, starts)

    def _perform(self, score: Score, notes: Sequence[Note], starts: Sequence[int]) -> list[RenderEvent]:
        turns: dict[tuple[int, int], int] = {}
        events = []
        for note, start in sorted(zip(notes, starts, strict=True), key=lambda pair: (pair[1], pair[0])):
            pitch_cents = round(self._in_range(note.pitch) * 100)
            strength = strength_of(note.velocity)
            turn = turns[pitch_cents, strength] = turns.get((pitch_cents, strength), -1) + 1
            held, sounding = self._times(score, note)
            length = self._stored(sounding)
            key = NoteKey(pitch_cents, strength, turn % self.patch.variants, length)
            gain = velocity_gain(note.velocity, self.patch.dynamics_db)
            events.append(RenderEvent(start, held, sounding, key, gain, self._dies(score, note)))
        return events

    def _dies(self, score: Score, note: Note) -> bool:
        """Return whether a note is a long bass note held to the end of a piece that is not a loop."""
        end_s = score.performed_seconds(note.onset + note.length)
        is_long = end_s - score.performed_seconds(note.onset) >= DYING_FROM_S
        return (
            self._is_bass and is_long and not score.seamless_loop and end_s >= score.duration_s - END_NEAR_S
        )

    def _in_range(self, pitch: float) -> float:
        while pitch < self.patch.lowest:
            pitch += 12
        while pitch > self.patch.highest:
            pitch -= 12
        return pitch

    def _stored(self, sounding: int) -> int:
        longest = seconds_to_samples(self.patch.longest_s, SAMPLE_RATE_HZ)
        return sounding if self.patch.exact else min(stored_length(sounding), longest)

    def _times(self, score: Score, note: Note) -> tuple[int, int]:
        """Return for how many samples a note is held, and for how many it sounds."""
        longest = seconds_to_samples(self.patch.longest_s, SAMPLE_RATE_HZ)
        if self.patch.ring:
            return longest, longest
        span_s = score.performed_seconds(note.onset + note.length) - score.performed_seconds(note.onset)
        held = seconds_to_samples(max(span_s, SHORTEST_HELD_S), SAMPLE_RATE_HZ)
        return held, min(held + self._release, longest)

    @property
    def stop(self) -> int:
        return max((event.start + event.sounding for event in self._events), default=0) + self._reach

    def render(self, start: int, stop: int) -> Tensor | None:
        dry = self._dry(start - self._reach, stop + self._reach)
        if dry is None:
            return None
        wet = apply_chain(self.patch.effects, dry, start - self._reach)
        return wet[:, self._reach : self._reach + stop - start] * self._gains

    def _dry(self, start: int, stop: int) -> Tensor | None:
        """Return the notes without effects: float32 [1 or 2, stop - start], mono if all notes are."""
        events = [e for e in self._events if e.start < stop and e.start + e.sounding > start]
        if not events:
            return None
        sounds = self._bank.fetch(event.key for event in events if isinstance(event.key, NoteKey))
        channels = max(sound.shape[0] for sound in sounds.values())
        bus = torch.zeros(channels, stop - start)
        for event in events:
            assert isinstance(event.key, NoteKey)
            sound = released(sounds[event.key][:, : event.sounding], event.held, self._release)
            sound = dying(sound) if event.is_dying else sound
            _lay(bus, sound * event.gain, event.start - start)
        return bus


@dataclass(frozen=True)
class _Kit:
    """The strokes of one kit, rendered when first needed."""

    pieces: dict[str, DrumPiece]
    seed: int
    written: dict[Stroke, Tensor]

    def stroke(self, key: Stroke) -> Tensor:
        if key not in self.written:
            seed = seed_of(self.seed, *key)
            self.written[key] = self.pieces[key.piece].write(seed, strength_velocity(key.strength))
        return self.written[key]


class DrumPlayer:
    """The kit's part."""

    delay_send = 0.0

    def __init__(
        self,
        score: Score,
        track: DrumTrack,
        gain_db: float,
        plays: Callable[[str], bool] = lambda piece: True,
    ) -> None:
        """`plays`: which pieces are heard. The others still choke pieces, and kicks still duck."""
        self.reverb_send = track.reverb_send
        self._kit = _Kit(dict(kit_of(track.kit)), seed_of(score.seed, "kit", track.kit), {})
        self._gain = db_to_gain(track.gain_db + gain_db)
        starts = performed_starts(score, [hit.onset for hit in track.hits], DRUM_LOOSENESS, "drums")
        hits = sorted(zip(track.hits, starts, strict=True), key=lambda pair: (pair[1], pair[0]))
        events = self._perform([hit for hit, _ in hits], [start for _, start in hits])
        self._events = [event for event, (hit, _) in zip(events, hits, strict=True) if plays(hit.piece)]
        self.kicks = [start for hit, start in hits if hit.piece == "kick"]

    def _perform(self, hits: Sequence[Hit], starts: Sequence[int]) -> list[RenderEvent]:
        events: list[RenderEvent] = []
        turns: Counter[str] = Counter()
        for hit, start, choked in zip(hits, starts, self._chokes(hits, starts), strict=True):
            piece = self._piece(hit.piece)
            key = Stroke(hit.piece, strength_of(hit.velocity), turns[hit.piece] % STROKES)
            turns[hit.piece] += 1
            sounding = seconds_to_samples(piece.length_s, SAMPLE_RATE_HZ)
            held = min(sounding, choked - start)
            gain = velocity_gain(hit.velocity, piece.dynamics_db)
            events.append(RenderEvent(start, held, sounding, key, gain))
        return events

    def _piece(self, name: str) -> DrumPiece:
        try:
            return self._kit.pieces[name]
        except KeyError:
            raise ValueError(f"piece must be one of {', '.join(self._kit.pieces)}; got {name!r}") from None

    def _chokes(self, hits: Sequence[Hit], starts: Sequence[int]) -> list[int]:
        """Return, for every hit, the sample at which a later hit chokes it."""
        silenced: dict[str, int] = {}
        ends = []
        for hit, start in zip(reversed(hits), reversed(starts), strict=True):
            ends.append(silenced.get(hit.piece, 1 << 62))
            for piece in self._piece(hit.piece).chokes:
                silenced[piece] = start
        return ends[::-1]

    @property
    def is_heard(self) -> bool:
        return bool(self._events)

    @property
    def stop(self) -> int:
        return max((event.start + event.sounding for event in self._events), default=0)

    def render(self, start: int, stop: int) -> Tensor | None:
        bus = torch.zeros(2, stop - start)
        heard = [e for e in self._events if e.start < stop and e.start + e.sounding > start]
        for event in heard:
            assert isinstance(event.key, Stroke)
            sound = self._kit.stroke(event.key)
            choke = seconds_to_samples(CHOKE_S, SAMPLE_RATE_HZ)
            _lay(bus, released(sound, event.held, choke) * event.gain, event.start - start)
        return bus * self._gain if heard else None
