"""Who plays what and where: fill the band's chairs, then let each play its sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from audiomusic.engines.captions.lexicon import table
from audiomusic.engines.studio.compose.genres import GenrePart
from audiomusic.engines.studio.compose.lead_sheet import LeadSheet, PlacedSection
from audiomusic.engines.studio.compose.parts.entries import (
    inside,
    playing_window,
    stop_windows,
    with_stops,
)
from audiomusic.engines.studio.compose.parts.lead import play_answers, play_lead
from audiomusic.engines.studio.compose.parts.players import PLAYERS, play_counterpoint, plays_in, ring_out
from audiomusic.engines.studio.compose.parts.registers import (
    LOWEST_MOVED,
    MOVABLE_PLAYERS,
    SungBand,
    beside_the_voice,
    making_way,
    sung_band,
)
from audiomusic.engines.studio.compose.playing.comping import answering
from audiomusic.engines.studio.compose.playing.dynamics import swelling
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.compose.tunes.counterpoint import tune_notes
from audiomusic.engines.studio.compose.vocabulary import words_table
from audiomusic.engines.studio.score import Note, Track, VocalLine

#: Player -> the roles in `words/instruments.toml` that can fill it.
CHAIR_ROLES = {
    "bass": ("bass",), "chords": ("chords", "arpeggio"), "riff": ("chords", "bass"),
    "pad": ("pad", "chords"), "lead": ("lead",),
    "answer": ("lead",), "counter": ("lead", "pad"), "counterpoint": ("lead", "pad"), "riser": ("riser",),
}  # fmt: skip
SUNG_PLAYERS = ("answer", "counter")  # play only beside a voice
SOLO_PLAYERS = ("lead", "answer")  # play only where no one sings
#: The part of a requested instrument without a chair, by its first role.
EXTRA_CHAIRS: dict[str, GenrePart] = {
    "bass": GenrePart("bass", "bass", (), ("R---....5---....", "R-R-..R-5-..R-..."), register=40),
    "chords": GenrePart("chords", "chords", (), ("x-------x-------", "x---x---x---x---"), gain_db=-3,
        pan=0.2),
    "arpeggio": GenrePart("arpeggio", "chords", (), ("0-1-2-3-2-1-2-1-",), register=64, gain_db=-5,
        pan=-0.25),
    "pad": GenrePart("pad", "pad", (), gain_db=-7, reverb=0.4, voices=4),
    "lead": GenrePart("lead", "lead", (), register=70, gain_db=-2, reverb=0.3),
    "riser": GenrePart("riser", "riser", (), gain_db=-9),
}  # fmt: skip

#: Under an a cappella plan whose length leaves no room for a word: no piece is silent.
A_CAPPELLA_PAD = GenrePart("pad", "pad", ("choir_pad", "warm_pad"), gain_db=-14, reverb=0.5, velocity=0.4)
WISHED_DB = {"louder": 4.0, "softer": -5.0}


@cache
def named_instruments() -> dict[str, tuple[str, ...]]:
    """Return each name that captions use -> the instruments it stands for."""
    return {name: tuple(row["value"]) for name, row in table("instruments").items()}


@dataclass(frozen=True)
class Chair:
    part: GenrePart
    instrument: str


def arrange(sheet: LeadSheet, vocals: Sequence[VocalLine]) -> list[Track]:
    """Return every track of the band that has notes."""
    alone = sheet.plan.is_a_cappella and not vocals
    chairs = [Chair(A_CAPPELLA_PAD, A_CAPPELLA_PAD.instruments[0])] if alone else seat_band(sheet)
    bands = {section.index: sung_band(section, vocals) for section in sheet.sections}
    tune = _tune(sheet, chairs, vocals)
    tracks = [play(sheet, chair, vocals, bands, bool(index % 2), tune) for index, chair in enumerate(chairs)]
    return [
        replace(track, gain_db=track.gain_db + _wished_db(track, sheet)) for track in tracks if track.notes
    ]


def _tune(sheet: LeadSheet, chairs: Sequence[Chair], vocals: Sequence[VocalLine]) -> list[Note]:
    """Return what a second voice is set against; empty if there is none."""
    if all(chair.part.player != "counterpoint" for chair in chairs):
        return []
    leading = next((chair for chair in chairs if chair.part.player == "lead"), None)
    played = play_lead(sheet, leading.part, leading.instrument, vocals) if leading else []
    return tune_notes(vocals, played)


def _wished_db(track: Track, sheet: LeadSheet) -> float:
    """Return how much louder or softer the caption wants an instrument."""
    wishes = (wish.partition(":") for wish in sheet.plan.mix)
    return sum(
        WISHED_DB[verb]
        for verb, _, what in wishes
        if verb in WISHED_DB and what in named_instruments() and track.instrument in named_instruments()[what]
    )


def seat_band(sheet: LeadSheet) -> list[Chair]:
    """Return the genre's chairs with their instruments, respecting the caption's wishes and refusals."""
    if sheet.plan.is_a_cappella or (sheet.plan.is_exact and not sheet.plan.wanted):
        return []
    parts = [
        part for part in sheet.genre.parts if draw(sheet.seed, "chair", part.role).random() < part.chance
    ]
    chairs = _with_wishes(_seat(parts, sheet), sheet)
    return _exactly(chairs, sheet) if sheet.plan.is_exact else chairs


def _exactly(chairs: Sequence[Chair], sheet: LeadSheet) -> list[Chair]:
    """Keep only the named instruments, one chair per kind of work, in every section."""
    named = {name for group in sheet.plan.wanted for name in group}
    own = [chair for chair in chairs if chair.instrument in named and chair.part.player != "counterpoint"]
    once = {(chair.part.player, _group_of(chair, sheet)): chair for chair in reversed(own)}
    kept = [chair for chair in own if chair in once.values()]
    return [replace(chair, part=replace(chair.part, energy=(0.0, 1.0), sections=())) for chair in kept]


def _group_of(chair: Chair, sheet: LeadSheet) -> int:
    return next(place for place, group in enumerate(sheet.plan.wanted) if chair.instrument in group)


def _seat(parts: Sequence[GenrePart], sheet: LeadSheet) -> list[Chair]:
    chairs = []
    for part in parts:
        instrument = _choose_instrument(part, sheet)
        if instrument:
            chairs.append(Chair(part, instrument))
    return chairs


def _choose_instrument(part: GenrePart, sheet: LeadSheet) -> str | None:
    """Choose an instrument the caption asks for, else its decade's, else the genre's, else any
    suitable one."""
    rng = draw(sheet.seed, "instrument", part.role)
    asked = {name for group in sheet.plan.wanted for name in group}
    refused = set(sheet.plan.unwanted)
    refused |= set(words_table("instruments")) - asked if sheet.plan.is_exact else set()
    options = [name for name in part.instruments if name not in refused]
    if not options:
        roles = CHAIR_ROLES[part.player]
        options = [name for name in instruments_for(roles) if name not in refused]
    liked = [name for name in options if name in asked] or _of_era(part, options, sheet)
    return rng.choice(liked or options) if options else None


def _of_era(part: GenrePart, options: Sequence[str], sheet: LeadSheet) -> list[str]:
    """Return instruments of the requested decade that suit a chair, the genre's own first."""
    if sheet.plan.era is None:
        return []
    if sheet.plan.is_exact:
        return []
    era = [
        name for name in words_table("eras")[sheet.plan.era]["instruments"] if name not in sheet.plan.unwanted
    ]
    able = instruments_for(CHAIR_ROLES[part.player])
    return [name for name in options if name in era] or [name for name in era if name in able]


def instruments_for(roles: Sequence[str]) -> list[str]:
    """Return the instruments whose first role is one of these."""
    return [name for name, row in words_table("instruments").items() if row["roles"][0] in roles]


def _with_wishes(chairs: list[Chair], sheet: LeadSheet) -> list[Chair]:
    """Give every wanted instrument a chair, and let it play in all sections."""
    for group in sheet.plan.wanted:
        allowed = [name for name in group if name not in sheet.plan.unwanted]
        if not allowed:
            continue
        seated = [index for index, chair in enumerate(chairs) if chair.instrument in allowed]
        for index in seated:
            part = chairs[index].part
            sections = () if _is_placed(sheet, group) else part.sections
            chairs[index] = replace(chairs[index], part=replace(part, energy=(0.0, 1.0), sections=sections))
        if not any(_is_heard(chairs[index], sheet) for index in seated):
            chairs = _add_wanted(chairs, allowed, sheet)
        elif all(chairs[index].part.player in SOLO_PLAYERS for index in seated):
            chairs += _beside_the_voice(chairs[seated[0]])
    return chairs


def _is_heard(chair: Chair, sheet: LeadSheet) -> bool:
    """Whether a chair plays: one that only answers or accompanies a voice is silent if no one sings."""
    return chair.part.player not in SUNG_PLAYERS or any(section.sung for section in sheet.sections)


def _is_placed(sheet: LeadSheet, group: Sequence[str]) -> bool:
    """Whether the caption names the sections in which they play, which overrides the genre's habit."""
    return any(entry.asks_to_play and entry.players == tuple(group) for entry in sheet.plan.entries)


def _add_wanted(chairs: list[Chair], allowed: list[str], sheet: LeadSheet) -> list[Chair]:
    """Replace a chair that does the same work without being requested, or add a new chair."""
    asked = {name for group in sheet.plan.wanted for name in group}
    name = draw(sheet.seed, "wanted", *allowed).choice(allowed)
    role = words_table("instruments")[name]["roles"][0]
    chair = Chair(replace(EXTRA_CHAIRS[role], instruments=(name,)), name)
    for index, taken in enumerate(chairs):
        if role in CHAIR_ROLES[taken.part.player] and taken.instrument not in asked:
            part = replace(taken.part, energy=(0.0, 1.0), sections=())
            return [*chairs[:index], Chair(part, name), *chairs[index + 1 :], *_as_answer(role, chair)]
    return [*chairs, chair, *_as_answer(role, chair)]


def _as_answer(role: str, chair: Chair) -> list[Chair]:
    """Let a wanted soloist also answer the singer."""
    if role != "lead":
        return []
    answer = replace(chair.part, role="answer", player="answer")
    return [replace(chair, part=answer), *_beside_the_voice(chair)]


def _beside_the_voice(chair: Chair) -> list[Chair]:
    """Let a wanted soloist also play softly under the voice: a song may leave no room for a solo."""
    level_db = chair.part.gain_db - 4
    part = replace(chair.part, role="counter", player="counter", sections=(), gain_db=level_db, velocity=0.55)
    return [replace(chair, part=part)]


def play(
    sheet: LeadSheet,
    chair: Chair,
    vocals: Sequence[VocalLine],
    bands: Mapping[int, SungBand | None] | None = None,
    prefers_above: bool = False,
    tune: Sequence[Note] = (),
) -> Track:
    """Return one chair's track.

    `bands`: what the lead sings in each section, so that chords keep out of its way. `tune`: the sung and
    played melody, for a counterpoint.
    """
    part, instrument = chair.part, chair.instrument
    if part.player == "lead":
        notes = play_lead(sheet, part, instrument, vocals)
    elif part.player == "answer":
        notes = play_answers(sheet, part, instrument, vocals)
    elif part.player == "counterpoint":
        notes = play_counterpoint(sheet, part, instrument, tune)
    else:
        notes = _play_sections(sheet, chair, bands or {}, prefers_above)
    return Track(
        role=part.role,
        instrument=instrument,
        notes=_within(notes, sheet),
        gain_db=part.gain_db,
        pan=part.pan,
        reverb_send=part.reverb,
        delay_send=part.delay,
    )


def _play_sections(
    sheet: LeadSheet, chair: Chair, bands: Mapping[int, SungBand | None], prefers_above: bool
) -> list[Note]:
    player = PLAYERS[chair.part.player]
    notes: list[Note] = []
    for section in sheet.sections:
        if plays_in(chair.part, section) or _alone(sheet, chair.part, section):
            band = bands.get(section.index)
            part = beside_the_voice(chair.part, band, prefers_above) if band else chair.part
            played = player(sheet, part, chair.instrument, section)
            if band and part.player in MOVABLE_PLAYERS and part.register >= LOWEST_MOVED:
                played = making_way(played, band)
            if band and part.comps:
                played = answering(sheet, section, played, band)
            played = swelling(sheet, section, played)
            notes += inside(played, playing_window(sheet, chair.part, section))
    notes = with_stops(notes, stop_windows(sheet)) if chair.part.player != "riser" else notes
    if not sheet.sections or (notes and notes[-1].onset >= sheet.sections[-1].onset - 1e-6):
        notes += ring_out(sheet, chair.part, chair.instrument)
    return notes


def _alone(sheet: LeadSheet, part: GenrePart, section: PlacedSection) -> bool:
    """Whether this is the first chords part, in a section where no other part of the genre is sure to hold
    the harmony."""
    holders = [other for other in sheet.genre.parts if other.player in ("chords", "pad")]
    sure = [other for other in holders if other.chance >= 1.0 and plays_in(other, section)]
    return not sure and bool(holders) and part.role == holders[0].role


def _within(notes: list[Note], sheet: LeadSheet) -> list[Note]:
    """Sort the notes, and cut them at the end of the piece; a loop's last notes may ring across the seam."""
    kept = [note for note in notes if note.onset < sheet.stop - 1e-6]
    if not sheet.is_loop:
        kept = [note._replace(length=min(note.length, sheet.stop - note.onset)) for note in kept]
    return sorted(kept)
