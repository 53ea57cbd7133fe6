"""Request -> Plan: everything decided before a note is written.

A wish in the request wins; else the caption decides; else the genre's habits, by seed.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from audiomusic.engines.base import MIN_DURATION_S, Kind, SampleType, SongRequest
from audiomusic.engines.lyrics.pasted import read_pasted
from audiomusic.engines.studio.caption import (
    CaptionHints,
    SampleKind,
    SingerWish,
    read_caption,
)
from audiomusic.engines.studio.compose.form import (
    Form,
    PlannedSection,
    fit_form,
    lift_finale,
    natural_form,
    phrase_bars,
)
from audiomusic.engines.studio.compose.genres import GenreDefinition, find_genre, load_genres
from audiomusic.engines.studio.compose.rhythm import UNEVEN_METRES
from audiomusic.engines.studio.compose.seeds import draw, pick_weighted
from audiomusic.engines.studio.compose.song_forms import (
    MATERIAL_S,
    SHORTEST_S,
    in_form,
    lyrics_text,
    with_drawn_form,
)
from audiomusic.engines.studio.lyric_settings import dropped_note, with_lyric_settings
from audiomusic.engines.studio.lyricist import WrittenLyrics, write_lyrics
from audiomusic.engines.studio.lyrics import LyricSection, parse_lyrics
from audiomusic.engines.studio.score import Metre
from audiomusic.engines.studio.titles import song_title
from audiomusic.engines.taxonomy import guess_language
from audiomusic.engines.theory import COMPOSED_METRES, METRE_NAMES, Key, Mode, parse_key

STRETCH = 0.03  # how far a tempo that nobody asked for may move to fill a length
RING_S = (1.2, 4.0)  # how long the last chord likes to ring
ONE_SHOT_S = {"texture": 6.0, "chords": 3.0, "bass": 2.0, "melodic": 2.0, "drum": 1.0}
LOOP_BARS = {"texture": 8, "chords": 4, "bass": 4, "melodic": 4, "drum": 2}
PREFERRED_TONICS = {"major": (0, 7, 2, 9, 5, 4, 10), "minor": (9, 4, 2, 11, 0, 7, 6)}
FALLBACK_GENRES = ("modern-pop", "electronic", "folk", "rock", "rnb")
DEFAULT_LANGUAGE = "en"
LIFTED_KINDS = ("song", "instrumental")
DOTTED_SHARE, SLOWEST_DOTTED_BPM = 0.62, 50.0  # a 6/8 pulse beside the quarters habits are written for
DOTTED_SWING = 0.5  # a 6/8 pulse is uneven by itself; only its sixteenths swing, and less


@dataclass(frozen=True)
class Plan:
    """One song, decided. Sections' lengths are in bars, and their sum ends in a last chord."""

    kind: Kind
    genre: str  # slug
    metre: Metre
    key: Key
    swing: float
    energy: float  # 0..1
    language: str | None  # of the singer; None where nobody sings
    singer: SingerWish
    sections: tuple[PlannedSection, ...]
    duration_s: float
    caption: str
    title: str
    lyrics: str
    moods: tuple[str, ...] = ()
    era: str | None = None
    wanted: tuple[tuple[str, ...], ...] = ()  # each: instruments of which one will do
    unwanted: tuple[str, ...] = ()
    drums: bool = True
    sample_type: SampleType | None = None
    sample: SampleKind | None = None
    piece: str | None = None  # the drum a one-shot is of
    not_applied: dict[str, str] = field(default_factory=dict)

    @property
    def bpm(self) -> float:
        return self.metre.bpm

    def to_dict(self) -> dict[str, Any]:
        """As JSON, with the key and the metre by name."""
        values: dict[str, Any] = asdict(self)
        values |= {"key": self.key.name, "metre": self.metre.name, "bpm": self.bpm}
        return values


def _described(request: SongRequest, caption: str) -> str:
    """The caption and, in simple mode, the query, said once."""
    return caption if request.query in caption else f"{caption}, {request.query}"


@dataclass
class _Words:
    """What is to be sung, and where it came from."""

    caption: str
    title: str
    lyrics: str
    sections: list[LyricSection]
    not_applied: dict[str, str]
    written_s: float = 0.0  # the length they were written for; 0: nobody here wrote them


def make_plan(request: SongRequest, seed: int) -> Plan:
    """Decide everything. Never fails: what cannot be met is told in `not_applied`."""
    request, notes = with_lyric_settings(request)
    words = _words(request, seed)
    notes |= words.not_applied
    wishes = read_caption(_described(request, words.caption))
    genre = _genre(request, wishes, seed, notes)
    genre = replace(genre, form=with_drawn_form(genre.form, seed))
    energy = max(0.05, min(1.0, genre.energy + wishes.energy))
    key = _key(request, wishes, genre, seed, notes)
    metre = Metre(*_metre(request, wishes, genre, seed, notes), bpm=100.0)
    metre = replace(metre, bpm=_bpm(request, wishes, genre, metre, seed))
    words = _in_form(words, request, genre, metre, seed)
    sings = bool(words.sections) and any(section.lines for section in words.sections)
    sampled = request.kind == "samples"
    plan = Plan(
        kind=request.kind,
        genre=genre.slug,
        metre=metre,
        key=key,
        swing=_swing(genre, metre),
        energy=round(energy, 3),
        language=_language(request, words.lyrics) if sings else None,
        singer=_singer(request, wishes, genre, seed) if sings else "none",
        sections=(),
        duration_s=0.0,
        caption=words.caption,
        title=words.title,
        lyrics=words.lyrics,
        moods=wishes.moods,
        era=wishes.era,
        wanted=wishes.wanted,
        unwanted=wishes.unwanted,
        drums=not wishes.no_drums and request.kind != "vocals",
        sample_type=request.sample_type if sampled else None,
        sample=_sample_kind(wishes, seed) if sampled else None,
        piece=wishes.piece if sampled else None,
        not_applied=notes,
    )
    if sampled:
        return _fit_sample(plan, request)
    fitted = _fit_song(plan, request, genre, words.sections, bool(request.bpm or wishes.bpm))
    return replace(fitted, sections=_lifted(fitted, genre, seed))


def _words(request: SongRequest, seed: int) -> _Words:
    """Lyrics as given or written, with a caption and a title."""
    caption = request.caption.strip() or request.query.strip()
    pasted = read_pasted(request.lyrics)
    title = pasted.settings.title or song_title(caption, [])
    sections = _sections(request, request.lyrics)
    if request.kind == "samples" or (request.kind == "instrumental" and not pasted.is_form):
        notes = {"lyrics": "nobody sings in this kind of piece"} if request.lyrics.strip() else {}
        return _Words(caption, title, "", [], notes)
    dropped = dropped_note(pasted)
    notes = {"lyrics": dropped} if dropped else {}
    if pasted.has_words:
        title = pasted.settings.title or song_title(caption, sections)
        return _Words(caption, title, pasted.text, sections, notes)
    if pasted.is_form and request.kind != "vocals" and not request.write_lyrics and not request.query:
        return _Words(caption, title, pasted.text, sections, notes)
    return _written(request, caption, bool(dropped), seed)


def _sections(request: SongRequest, lyrics: str) -> list[LyricSection]:
    """The lyrics' sections; in a rap all of them are rapped."""
    sections = parse_lyrics(lyrics, rap=request.kind == "rap")
    return [replace(section, rap=True) for section in sections] if request.kind == "rap" else sections


def _written(request: SongRequest, caption: str, is_empty: bool, seed: int) -> _Words:
    """Words by the lyricist, unless a song was asked for without any."""
    notes = {"lyrics": "they hold no words that could be sung"} if is_empty else {}
    wordless = not (request.write_lyrics or request.query) or read_caption(caption).singer == "none"
    if request.kind == "song" and wordless:
        return _Words(caption, song_title(caption, []), request.lyrics, [], notes)
    duration_s = request.duration_s or min(request.max_duration_s, 180.0)
    is_formed = request.kind == "song" and duration_s > SHORTEST_S
    written: WrittenLyrics = write_lyrics(
        request.query or caption,
        kind=request.kind,
        language=_asked_language(request) or guess_language(request.query, request.query) or DEFAULT_LANGUAGE,
        duration_s=max(duration_s, MATERIAL_S) if is_formed else duration_s,
        seed=seed,
    )
    chosen = request.caption.strip() or written.caption
    sections = _sections(request, written.lyrics)
    return _Words(chosen, written.title, written.lyrics, sections, notes, duration_s if is_formed else 0.0)


def _in_form(words: _Words, request: SongRequest, genre: GenreDefinition, metre: Metre, seed: int) -> _Words:
    """What was written here, in one of the genre's forms."""
    if not words.written_s:
        return words
    sections = in_form(words.sections, genre.form, words.written_s, metre, seed)
    return replace(words, sections=sections, lyrics=lyrics_text(sections))


def _genre(request: SongRequest, wishes: CaptionHints, seed: int, notes: dict[str, str]) -> GenreDefinition:
    if request.genre and request.genre.casefold() != "custom":
        found = find_genre(request.genre)
        if found:
            return found
        notes["genre_preset"] = f"no genre is called {request.genre!r}; the caption decides"
    if request.kind == "rap" and not wishes.genres:
        return load_genres()["hip-hop"]
    slug = wishes.genres[0] if wishes.genres else draw(seed, "genre").choice(FALLBACK_GENRES)
    return load_genres()[slug]


def _key(
    request: SongRequest, wishes: CaptionHints, genre: GenreDefinition, seed: int, notes: dict[str, str]
) -> Key:
    if request.keyscale:
        try:
            return parse_key(request.keyscale).key
        except ValueError:
            notes["keyscale"] = f"Expected a key such as C Major or F# minor, got {request.keyscale!r}."
    if wishes.key:
        return wishes.key
    rng = draw(seed, "key")
    drawn: Mode = "minor" if pick_weighted(rng, genre.modes) == "minor" else "major"
    mode = wishes.mode or drawn
    return Key(rng.choice(PREFERRED_TONICS[mode]), mode)


def _metre(
    request: SongRequest, wishes: CaptionHints, genre: GenreDefinition, seed: int, notes: dict[str, str]
) -> tuple[int, int]:
    asked = request.timesignature
    if asked and asked not in METRE_NAMES:
        notes["timesignature"] = f"{asked!r} is not one of {', '.join(METRE_NAMES)}"
        asked = None
    name = asked or wishes.metre or pick_weighted(draw(seed, "metre"), genre.metres)
    beats, unit = (name if name in COMPOSED_METRES else "4/4").split("/")
    return int(beats), int(unit)


def _swing(genre: GenreDefinition, metre: Metre) -> float:
    """An uneven metre has no pairs of eighths all through its bar, and is played straight."""
    if metre.name in UNEVEN_METRES:
        return 0.0
    return genre.swing * (DOTTED_SWING if metre.is_compound else 1.0)


def _bpm(
    request: SongRequest, wishes: CaptionHints, genre: GenreDefinition, metre: Metre, seed: int
) -> float:
    """The felt pulse; habits are written for quarters, a dotted pulse goes slower."""
    if request.bpm or wishes.bpm:
        return float(request.bpm or wishes.bpm or 0)
    low, high = genre.bpm
    place = wishes.tempo_place if wishes.tempo_place is not None else draw(seed, "bpm").random()
    bpm = (low + (high - low) * place) * wishes.tempo_factor
    if metre.is_compound:
        bpm = max(SLOWEST_DOTTED_BPM, bpm * DOTTED_SHARE)
    return float(round(max(40.0, min(220.0, bpm))))


def _language(request: SongRequest, lyrics: str) -> str:
    described = f"{request.caption}, {request.query}"
    return _asked_language(request) or guess_language(lyrics, described) or DEFAULT_LANGUAGE


def _asked_language(request: SongRequest) -> str | None:
    asked = (request.vocal_language or "").strip().casefold()
    return asked if asked != "unknown" else None


def _singer(request: SongRequest, wishes: CaptionHints, genre: GenreDefinition, seed: int) -> SingerWish:
    if wishes.singer and wishes.singer != "none":
        return wishes.singer
    return "female" if draw(seed, "singer").random() < genre.female else "male"


def _sample_kind(wishes: CaptionHints, seed: int) -> SampleKind:
    if wishes.piece:
        return "drum"
    return wishes.sample or "melodic"


def _fit_song(
    plan: Plan, request: SongRequest, genre: GenreDefinition, lyrics: list[LyricSection], bpm_asked: bool
) -> Plan:
    metre = plan.metre
    form = natural_form(lyrics, genre.form, metre, plan.kind)
    music_s = form.bars * metre.bar_s
    duration_s = request.duration_s or max(MIN_DURATION_S, round(music_s + _wanted_ring_s(metre, music_s), 2))
    if request.duration_s or duration_s > request.max_duration_s:
        duration_s = request.duration_s or request.max_duration_s
        metre, bars = fit_tempo(metre, duration_s, movable=not bpm_asked)
        form = fit_form(natural_form(lyrics, genre.form, metre, plan.kind), bars, metre, plan.kind)
    notes = dict(plan.not_applied) | _unsung_note(form)
    sections = tuple(_with_mood(section, plan.energy) for section in form.sections)
    return replace(plan, metre=metre, sections=sections, duration_s=duration_s, not_applied=notes)


def _lifted(plan: Plan, genre: GenreDefinition, seed: int) -> tuple[PlannedSection, ...]:
    """Some songs, as the genre likes it, close half a tone or a tone higher."""
    rng = draw(seed, "lift")
    if plan.kind not in LIFTED_KINDS or rng.random() >= genre.form.lift:
        return plan.sections
    return lift_finale(plan.sections, rng.choice((1, 2, 2)))


def _with_mood(section: PlannedSection, energy: float) -> PlannedSection:
    """The section's energy seen through the song's: a calm song's chorus stays calm."""
    return replace(section, energy=round(min(1.0, section.energy * (0.45 + 0.75 * energy)), 3))


def _unsung_note(form: Form) -> dict[str, str]:
    if not form.unsung:
        return {}
    return {"lyrics": f"the length leaves no room for the last {len(form.unsung)} line(s)"}


def _wanted_ring_s(metre: Metre, music_s: float) -> float:
    """How long the last chord should ring after so much music."""
    return max(RING_S[0], min(RING_S[1], metre.bar_s, 0.25 * music_s))


def fit_tempo(metre: Metre, duration_s: float, movable: bool) -> tuple[Metre, float]:
    """(metre, bars of music before the last chord) that fill the length.

    A tempo that may move does so by whole beats a minute, up to 3 %, to make the bars come
    out even; in short pieces, and long bars, the music may end on any beat.
    """
    tempi = _tempi_near(metre.bpm) if movable else []
    options = [option for bpm in tempi for option in _endings(replace(metre, bpm=bpm), duration_s)]
    if options:
        return min(options, key=lambda ending: _unevenness(ending[0], ending[1], metre.bpm, duration_s))
    least_ring_s = min(RING_S[0], 0.3 * duration_s)
    bars = (duration_s - least_ring_s) / metre.bar_s
    step = 1.0 if bars >= 6 and metre.bar_s < RING_S[1] else 1 / metre.pulses
    return metre, math.floor(bars / step + 1e-9) * step


def _tempi_near(bpm: float) -> list[float]:
    lowest, highest = math.ceil(bpm * (1 - STRETCH)), math.floor(bpm * (1 + STRETCH))
    return [float(whole) for whole in range(lowest, highest + 1)]


def _endings(metre: Metre, duration_s: float) -> list[tuple[Metre, float]]:
    """Whole bars after which the last chord has a pleasant time to ring."""
    most = int((duration_s - RING_S[0]) / metre.bar_s)
    counts = (bars for bars in range(max(2, most - 2), most + 1))
    return [(metre, float(bars)) for bars in counts if duration_s - bars * metre.bar_s <= RING_S[1]]


def _unevenness(metre: Metre, bars: float, bpm: float, duration_s: float) -> float:
    """What is odd about an ending: a moved tempo, half a pair of bars, a ring too short or long."""
    ring_s = duration_s - bars * metre.bar_s
    moved = abs(metre.bpm / bpm - 1) / STRETCH
    return moved + (0.6 if bars % 2 else 0.0) + 0.3 * abs(ring_s - _wanted_ring_s(metre, duration_s))


def _fit_sample(plan: Plan, request: SongRequest) -> Plan:
    kind = plan.sample or "melodic"
    longest = request.max_duration_s
    if plan.sample_type == "one-shot":
        duration_s = request.duration_s or min(ONE_SHOT_S[kind], longest)
        return replace(plan, duration_s=duration_s)
    metre, bars, notes = plan.metre, 0.0, dict(plan.not_applied)
    if request.duration_s is None:
        bars = float(LOOP_BARS[kind]) * phrase_bars(metre) / 4
        while bars > 0.5 and bars * metre.bar_s > longest:
            bars /= 2
        duration_s = min(bars * metre.bar_s, longest)
    else:
        duration_s = request.duration_s
    metre, bars = fit_loop(metre, duration_s)
    if request.bpm and abs(metre.bpm - request.bpm) > 0.01:
        notes["bpm"] = f"a seamless loop of {duration_s:g} s has whole beats at {metre.bpm:g} bpm"
    section = PlannedSection("hook", "Loop", bars, max(0.4, plan.energy))
    return replace(plan, metre=metre, sections=(section,), duration_s=duration_s, not_applied=notes)


def fit_loop(metre: Metre, duration_s: float) -> tuple[Metre, float]:
    """(metre, bars) of exactly the length: whole bars where the tempo moves little, else whole beats."""
    pulses = metre.pulses
    bars = duration_s / metre.bar_s
    even = max(1, 2 ** round(math.log2(max(bars, 0.5))))
    for count in (float(even), float(max(1, round(bars))), max(1, round(bars * pulses)) / pulses):
        factor = count * metre.bar_s / duration_s
        if abs(factor - 1) <= STRETCH or count * pulses == max(1, round(bars * pulses)):
            break
    return replace(metre, bpm=metre.bpm * factor), count
