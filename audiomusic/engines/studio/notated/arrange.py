"""Arrange a melody without a band: what a style makes of a written lead sheet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from audiomusic.engines.base import EngineError, SongRequest
from audiomusic.engines.notation.tune import QUARTER_TICKS, WrittenNote, WrittenTune
from audiomusic.engines.notation.words import lyrics_of_tune, phrases, text_of
from audiomusic.engines.studio.compose import compose
from audiomusic.engines.studio.compose.arrangement import instruments_for
from audiomusic.engines.studio.compose.composer import Given
from audiomusic.engines.studio.compose.form import SECTION_ENERGY, PlannedSection
from audiomusic.engines.studio.compose.seeds import draw
from audiomusic.engines.studio.lyrics import parse_lyrics
from audiomusic.engines.studio.notated.chords import spans_of
from audiomusic.engines.studio.notated.sections import kind_of_label
from audiomusic.engines.studio.plan import Plan, make_plan
from audiomusic.engines.studio.score import Metre, Note, Score, Track, VocalLine
from audiomusic.engines.studio.voice import syllabify

LEAD_VELOCITY, LEAD_GAIN_DB = 0.75, -1.0
SPARE_SYLLABLE = "la"


def arranged(request: SongRequest, tune: WrittenTune, seed: int) -> tuple[Plan, Score]:
    """Return every note of the melody, with what the request's style plays around it. Raises EngineError."""
    metre_bpm = tune.quarter_bpm / (1.5 if tune.unit == 8 and tune.beats % 3 == 0 else 1.0)
    metre = Metre(tune.beats, tune.unit, metre_bpm)
    asked = replace(
        request, duration_s=tune.duration_s, bpm=metre_bpm, keyscale=tune.key.name, timesignature=None
    )
    drawn = make_plan(replace(asked, lyrics=request.lyrics if tune.vocal else ""), seed)
    lines = _lines(tune, request.lyrics, drawn.language or "en", rap=request.kind == "rap")
    plan = replace(
        drawn,
        metre=metre,
        key=tune.key,
        swing=tune.swing.amount if tune.swing else 0.0,
        duration_s=round(tune.duration_s, 4),
        sections=_sections(tune, lines, drawn),
        language=(drawn.language or "en") if lines else None,
        singers=() if lines else drawn.singers,
        title=request.title or tune.title or drawn.title,
        lyrics=request.lyrics or "\n".join(line.text for line in lines),
    )
    stop = tune.bars * tune.bar_ticks / QUARTER_TICKS
    chords = tuple(spans_of(tune, stop, {}))
    made = compose(plan, seed, syllabify, Given(chords=chords, vocals=tuple(lines)))
    return plan, _with_lead(made, tune, seed)


def _sections(tune: WrittenTune, lines: Sequence[VocalLine], plan: Plan) -> tuple[PlannedSection, ...]:
    starts = [(section.bar, section.label) for section in tune.sections] or [(0, "Verse")]
    if starts[0][0] > 0:
        starts.insert(0, (0, "Intro"))
    rows: list[PlannedSection] = []
    bar_quarters = tune.bar_ticks / QUARTER_TICKS
    for number, (bar, label) in enumerate(starts):
        end = starts[number + 1][0] if number + 1 < len(starts) else tune.bars
        kind = kind_of_label(label) or "verse"
        sung = tuple(
            line.text for line in lines if bar <= int(line.onsets[len(line.onsets) // 2] / bar_quarters) < end
        )
        energy = round(min(1.0, SECTION_ENERGY[kind] * (0.45 + 0.75 * plan.energy)), 3)
        rows.append(
            PlannedSection(kind, label, float(end - bar), energy, sung, (end - bar) / max(1, len(sung)))
        )
    return tuple(rows)


def _lines(tune: WrittenTune, lyrics: str, language: str, *, rap: bool) -> list[VocalLine]:
    """Return the Vocal notes with their words: the text's own, else the lyrics in order."""
    if not tune.vocal:
        return []
    if tune.words and lyrics.strip() in ("", lyrics_of_tune(tune)):
        return _lines_of_words(tune, language, rap)
    texts = [line for section in parse_lyrics(lyrics, rap=rap) for line in section.lines]
    spoken = syllabify(texts, language) if texts else []
    rows, at = [], 0
    notes = list(tune.vocal)
    for text, syllables in zip(texts, spoken, strict=True):
        mine = notes[at : at + len(syllables)]
        if len(mine) < len(syllables):
            raise EngineError(
                f"INVALID_SCORE: Expected a Vocal note for each syllable of the lyrics; there are"
                f" {len(notes)}, and none for {text[:60]!r}.",
                "invalid_score",
            )
        rows.append(_line(text, mine, language, rap, tune))
        at += len(syllables)
    for first in range(at, len(notes), 8):
        mine = notes[first : first + 8]
        rows.append(_line(" ".join([SPARE_SYLLABLE] * len(mine)), mine, language, rap, tune))
    return rows


def _lines_of_words(tune: WrittenTune, language: str, rap: bool) -> list[VocalLine]:
    texts = {word.onset: word for word in tune.words}
    made = []
    for row in phrases(tune):
        words = [texts[note.onset] for note in row if note.onset in texts]
        text = text_of(words) if len(words) == len(row) else " ".join([SPARE_SYLLABLE] * len(row))
        made.append(_line(text, row, language, rap, tune))
    return made


def _line(text: str, notes: Sequence[WrittenNote], language: str, rap: bool, tune: WrittenTune) -> VocalLine:
    return VocalLine(
        text=text,
        language=language,
        style="rap" if rap else "sing",
        role="lead",
        onsets=[note.onset / QUARTER_TICKS for note in notes],
        lengths=[note.length / QUARTER_TICKS for note in notes],
        pitches=[float(note.pitch) for note in notes],
        section=tune.label_at(notes[0].onset // tune.bar_ticks),
    )


def _with_lead(made: Score, tune: WrittenTune, seed: int) -> Score:
    """Put the Ins voice on the lead instrument, replacing all of its notes."""
    notes = [
        Note(onset / QUARTER_TICKS, length / QUARTER_TICKS, pitch, LEAD_VELOCITY)
        for onset, length, pitch in tune.ins
    ]
    leads = [track for track in made.tracks if track.role == "lead"]
    others = [track for track in made.tracks if track.role != "lead"]
    if not notes:
        return replace(made, tracks=others)
    lead = leads[0] if leads else None
    if lead is None:
        instrument = draw(seed, "written lead").choice(sorted(instruments_for(("lead",))))
        lead = Track("lead", instrument, gain_db=LEAD_GAIN_DB, reverb_send=0.3)
    return replace(made, tracks=[*others, replace(lead, notes=sorted(notes))])
