"""Turn a request into a Plan: every decision made before a note is written.

The request takes precedence over the caption; the genre's habits, drawn by seed, decide the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from audiomusic.engines.base import MIN_DURATION_S, Kind, SampleType, SongRequest
from audiomusic.engines.captions.entries import PlayerEntry
from audiomusic.engines.captions.wishes import Wish
from audiomusic.engines.language_model.filling import with_written
from audiomusic.engines.studio.caption import (
    ANY_VOICE,
    CaptionHints,
    SampleKind,
    SingerWish,
    read_caption,
)
from audiomusic.engines.studio.cast import Cast, CastMember, cast_song, tagged_kind
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
    with_drawn_form,
)
from audiomusic.engines.studio.compose.vocabulary import words_table
from audiomusic.engines.studio.lyric_settings import with_lyric_settings
from audiomusic.engines.studio.lyrics import LyricSection, parse_lyrics
from audiomusic.engines.studio.planning.fitting import fit_loop, fit_tempo, wanted_ring_s
from audiomusic.engines.studio.planning.not_applied import Outcome, unmet_wishes, wishes_to_hold
from audiomusic.engines.studio.planning.song_words import (
    DEFAULT_LANGUAGE,
    SongWords,
    asked_language,
    described,
    song_words,
    words_in_form,
)
from audiomusic.engines.studio.planning.wished_form import (
    ABRUPT_RING_S,
    fade_out_s,
    soloists,
    wished_form,
    wished_habits,
)
from audiomusic.engines.studio.planning.wished_tempo import drawn_metre, free_bpm, wished_bpm
from audiomusic.engines.studio.score import Metre
from audiomusic.engines.taxonomy import guess_language
from audiomusic.engines.theory import METRE_NAMES, Key, Mode, parse_key, played_metre, tonality_of

ONE_SHOT_S = {"texture": 6.0, "chords": 3.0, "bass": 2.0, "melodic": 2.0, "drum": 1.0}
LOOP_BARS = {"texture": 8, "chords": 4, "bass": 4, "melodic": 4, "drum": 2}
PREFERRED_TONICS = {"major": (0, 7, 2, 9, 5, 4, 10), "minor": (9, 4, 2, 11, 0, 7, 6)}
FALLBACK_GENRES = ("modern-pop", "electronic", "folk", "rock", "rnb")
LIFTED_KINDS = ("song", "instrumental")
DOTTED_SWING = 0.5  # a 6/8 pulse is already uneven: only its sixteenths swing, and less


@dataclass(frozen=True)
class Plan:
    """All decisions about one song. Section lengths are in bars; a last chord follows the sections."""

    kind: Kind
    genre: str  # slug
    metre: Metre
    key: Key
    swing: float
    energy: float  # 0..1
    language: str | None  # of the singer; None if no one sings
    singer: SingerWish
    sections: tuple[PlannedSection, ...]
    duration_s: float
    caption: str
    title: str
    lyrics: str
    singers: tuple[CastMember, ...] = ()  # if there are several
    moods: tuple[str, ...] = ()
    era: str | None = None
    wanted: tuple[tuple[str, ...], ...] = ()  # each: alternatives, of which one is enough
    unwanted: tuple[str, ...] = ()
    is_exact: bool = False  # only the wanted instruments play
    drums: bool = True
    wants_drums: bool = False  # even in calm sections
    unwanted_pieces: tuple[str, ...] = ()  # drums of the kit
    backing: bool = True  # doubles and harmony voices
    voices: tuple[str, ...] = ()  # all that are requested; `singer` is the first
    mix: tuple[str, ...] = ()  # names of the mix table
    entries: tuple[PlayerEntry, ...] = ()  # who plays or rests in which sections
    fade_out_s: float = 0.0
    sample_type: SampleType | None = None
    sample: SampleKind | None = None
    piece: str | None = None  # the drum of a one-shot
    not_applied: dict[str, str] = field(default_factory=dict)
    wishes: tuple[Wish, ...] = ()  # of the caption, each checked against the finished score
    not_understood: tuple[str, ...] = ()  # words of the caption that were not understood

    @property
    def bpm(self) -> float:
        return self.metre.bpm

    @property
    def is_a_cappella(self) -> bool:
        """Whether there are only voices, because of the task or the caption."""
        return self.kind == "vocals" or (self.is_exact and not self.wanted and not self.drums)

    def to_dict(self) -> dict[str, Any]:
        """Return the plan as JSON, with the names of key and metre."""
        values: dict[str, Any] = asdict(self)
        values |= {"key": self.key.name, "metre": self.metre.name, "bpm": self.bpm}
        return values


def make_plan(request: SongRequest, seed: int) -> Plan:
    """Decide everything. Never fails: `not_applied` lists what cannot be met."""
    request, notes = with_lyric_settings(with_written(request))
    words = song_words(request, seed)
    notes |= words.not_applied
    wishes = read_caption(described(request, words.caption))
    request = _with_duration(request, wishes)
    genre = _genre(request, wishes, seed, notes)
    genre = replace(genre, form=with_drawn_form(genre.form, seed))
    energy = max(0.05, min(1.0, genre.energy + wishes.energy))
    key = _key(request, wishes, genre, seed, notes)
    metre = Metre(*_metre(request, wishes, genre, seed, notes), bpm=100.0)
    metre = replace(metre, bpm=wished_bpm(request, wishes, genre, metre, seed))
    words = words_in_form(words, request, wishes, genre, metre, seed)
    sings = bool(words.sections) and any(section.lines for section in words.sections)
    singer = _singer(request, wishes, words.sections, genre, seed) if sings else "none"
    cast = _cast(wishes, words.sections, genre, seed) if sings else None
    if cast and cast.sharing:
        notes["singers"] = (
            f"there are not enough voices: {', '.join(cast.sharing)} share theirs with another singer"
        )
    sampled = request.kind == "samples"
    plan = Plan(
        kind=request.kind,
        genre=genre.slug,
        metre=metre,
        key=key,
        swing=_swing(genre, metre),
        energy=round(energy, 3),
        language=(words.language or _language(request, words.lyrics)) if sings else None,
        singer=singer,
        singers=cast.members if cast else (),
        sections=(),
        duration_s=0.0,
        caption=words.caption,
        title=request.title or words.title,
        lyrics=words.lyrics,
        moods=wishes.moods,
        era=wishes.era,
        unwanted=wishes.unwanted,
        unwanted_pieces=wishes.unwanted_pieces,
        backing="backing_vocals" not in wishes.refused_forms,
        voices=wishes.voices if sings else (),
        mix=wishes.mix,
        entries=wishes.entries,
        sample_type=request.sample_type if sampled else None,
        sample=_sample_kind(wishes, seed) if sampled else None,
        piece=wishes.piece if sampled else None,
        not_applied=notes,
        wishes=wishes.reading.wishes,
        not_understood=_not_understood(wishes, words, sings),
    )
    plan = _with_band(plan, wishes, sings)
    if sampled:
        plan = _fit_sample(plan, request, wishes)
    else:
        plan = _fit_song(plan, request, genre, list(cast.sections) if cast else words.sections, wishes)
        plan = replace(plan, sections=_lifted(plan, genre, wishes, seed))
    unmet = unmet_wishes(Outcome(plan, request, wishes, genre))
    held = (*wishes_to_hold(wishes.reading, unmet), *(_lyrics_wish(words.lyrics) if sings else ()))
    return replace(plan, not_applied=unmet | plan.not_applied, wishes=held)


def _lyrics_wish(lyrics: str) -> tuple[Wish, ...]:
    """Return the wish that every lyric line is sung, as written and not as planning laid it out."""
    lines = tuple(line for section in parse_lyrics(lyrics) for line in section.lines)
    return (Wish("lyrics", "lyrics", lines),) if lines else ()


def _with_duration(request: SongRequest, wishes: CaptionHints) -> SongRequest:
    """Use the caption's length if the request has none."""
    if request.duration_s or not wishes.duration_s:
        return request
    return replace(request, duration_s=min(request.max_duration_s, max(MIN_DURATION_S, wishes.duration_s)))


def _with_band(plan: Plan, wishes: CaptionHints, sings: bool) -> Plan:
    """Set who plays. A choir becomes an instrument if no one sings; voices alone have no band."""
    wanted = (*wishes.wanted, *(group for group in soloists(wishes.forms) if group not in wishes.wanted))
    if not sings and "choir" in wishes.voices:
        wanted = (*wanted, ("choir_pad",))
    is_exact = wishes.is_exact and bool(wanted or wishes.drums or sings)
    drums = wishes.drums is not False and plan.kind != "vocals" and not (is_exact and not wishes.drums)
    return replace(
        plan, wanted=wanted, is_exact=is_exact, drums=drums, wants_drums=drums and bool(wishes.drums)
    )


def _not_understood(wishes: CaptionHints, words: SongWords, sings: bool) -> tuple[str, ...]:
    """Return the words of the caption that had no effect. Words that the song sings count as understood."""
    reading = wishes.reading
    unread = reading.not_understood if sings else (*reading.not_understood, *reading.subject)
    said = f"{words.title}\n{words.lyrics}".casefold()
    return tuple(word for word in unread if word.casefold() not in said)


def _genre(request: SongRequest, wishes: CaptionHints, seed: int, notes: dict[str, str]) -> GenreDefinition:
    if request.genre and request.genre.casefold() != "custom":
        found = find_genre(request.genre)
        if found:
            return found
        notes["genre_preset"] = f"no genre is called {request.genre!r}; the caption decides"
    if request.kind == "rap" and not wishes.genres:
        return load_genres()["hip-hop"]
    if wishes.genres:
        return load_genres()[wishes.genres[0]]
    if wishes.home and wishes.home not in wishes.unwanted_genres:
        return load_genres()[wishes.home]
    allowed = [slug for slug in FALLBACK_GENRES if slug not in wishes.unwanted_genres]
    return load_genres()[draw(seed, "genre").choice(allowed or FALLBACK_GENRES)]


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
    return Key(rng.choice(PREFERRED_TONICS[tonality_of(mode)]), mode)


def _metre(
    request: SongRequest, wishes: CaptionHints, genre: GenreDefinition, seed: int, notes: dict[str, str]
) -> tuple[int, int]:
    asked = request.timesignature
    if asked and asked not in METRE_NAMES:
        notes["timesignature"] = f"{asked!r} is not one of {', '.join(METRE_NAMES)}"
        asked = None
    wished = played_metre(wishes.metre) if wishes.metre else None
    name = asked or wished or drawn_metre(wishes, genre, seed)
    beats, unit = name.split("/")
    return int(beats), int(unit)


def _swing(genre: GenreDefinition, metre: Metre) -> float:
    """Return the swing. An uneven metre has no pairs of eighths throughout the bar and is played straight."""
    if metre.name in UNEVEN_METRES:
        return 0.0
    return genre.swing * (DOTTED_SWING if metre.is_compound else 1.0)


def _language(request: SongRequest, lyrics: str) -> str:
    described = f"{request.caption}, {request.query}"
    return asked_language(request) or guess_language(lyrics, described) or DEFAULT_LANGUAGE


def _singer(
    request: SongRequest,
    wishes: CaptionHints,
    sections: Sequence[LyricSection],
    genre: GenreDefinition,
    seed: int,
) -> SingerWish:
    if wishes.singer and wishes.singer not in ("none", "choir"):
        return wishes.singer
    if tagged := tagged_kind(sections):
        return tagged
    refused = {*wishes.unwanted_voices}
    if refused & {"female", "male"}:
        return "male" if "female" in refused else "female"
    return _usual_singer(genre, seed)


def _usual_singer(genre: GenreDefinition, seed: int) -> SingerWish:
    return "female" if draw(seed, "singer").random() < genre.female else "male"


def _cast(
    wishes: CaptionHints, sections: Sequence[LyricSection], genre: GenreDefinition, seed: int
) -> Cast | None:
    """Return `sections` assigned to their singers, if there are several."""
    words = {name: row["voice"] for name, row in words_table("singers").items()}
    return cast_song(sections, _cast_voices(wishes), _usual_singer(genre, seed), words)


def _cast_voices(wishes: CaptionHints) -> tuple[str, ...]:
    """Return a group's voices, one per singer, "" for any fitting one; empty if just "a voice" is wanted."""
    voices = tuple("" if voice == ANY_VOICE else voice for voice in wishes.voices)
    return () if voices in ((), ("",), ("rap",)) else voices


def _sample_kind(wishes: CaptionHints, seed: int) -> SampleKind:
    if wishes.piece:
        return "drum"
    return wishes.sample or "melodic"


def _fit_song(
    plan: Plan, request: SongRequest, genre: GenreDefinition, lyrics: list[LyricSection], wishes: CaptionHints
) -> Plan:
    metre, forms = plan.metre, wishes.forms
    kind: Kind = "vocals" if plan.is_a_cappella else plan.kind
    habits = wished_habits(genre.form, forms)
    form = natural_form(lyrics, habits, metre, kind)
    music_s = form.bars * metre.bar_s
    ring_s = ABRUPT_RING_S if "abrupt_end" in forms else wanted_ring_s(metre, music_s)
    duration_s = request.duration_s or max(MIN_DURATION_S, round(music_s + ring_s, 2))
    if request.duration_s or duration_s > request.max_duration_s:
        duration_s = request.duration_s or request.max_duration_s
        is_free = not (request.bpm or wishes.tempo)
        metre, bars = fit_tempo(metre, duration_s, is_free, free_bpm(wishes, genre, metre))
        form = fit_form(natural_form(lyrics, habits, metre, kind), bars, metre, kind)
    notes = dict(plan.not_applied) | _unsung_note(form)
    marked = {section.kind for section in lyrics if not section.lines}
    shaped = wished_form(form.sections, forms, marked, phrase_bars(metre))
    sections = tuple(_with_mood(section, plan.energy) for section in shaped)
    fade_s = fade_out_s(forms, duration_s)
    return replace(
        plan, metre=metre, sections=sections, duration_s=duration_s, fade_out_s=fade_s, not_applied=notes
    )


def _lifted(
    plan: Plan, genre: GenreDefinition, wishes: CaptionHints, seed: int
) -> tuple[PlannedSection, ...]:
    """Modulate up a semitone or a tone for the finale in some songs, if the genre likes it or the caption
    asks for it."""
    rng = draw(seed, "lift")
    likes = rng.random() < genre.form.lift
    if "key_change" in wishes.refused_forms or plan.kind not in LIFTED_KINDS:
        return plan.sections
    if not likes and "key_change" not in wishes.forms:
        return plan.sections
    return lift_finale(plan.sections, rng.choice((1, 2, 2)))


def _with_mood(section: PlannedSection, energy: float) -> PlannedSection:
    """Scale the section's energy by the song's: a calm song's chorus stays calm."""
    return replace(section, energy=round(min(1.0, section.energy * (0.45 + 0.75 * energy)), 3))


def _unsung_note(form: Form) -> dict[str, str]:
    if not form.unsung:
        return {}
    return {"lyrics": f"the length leaves no room for the last {len(form.unsung)} line(s)"}


def _fit_sample(plan: Plan, request: SongRequest, wishes: CaptionHints) -> Plan:
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
