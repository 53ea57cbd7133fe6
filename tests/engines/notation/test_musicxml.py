"""A tune as MusicXML, checked with Verovio: the same notes at the same times."""

import base64
import io
from xml.etree import ElementTree as ET

import mido
import verovio

from audiomusic.engines.notation.musicxml import write_musicxml
from tests.support.tunes import ABC, tune


def heard(xml):
    toolkit = verovio.toolkit()
    assert toolkit.loadData(xml.decode())
    file = mido.MidiFile(file=io.BytesIO(base64.b64decode(toolkit.renderToMIDI())))
    found = []
    for track in file.tracks:
        at, on = 0, {}
        for message in track:
            at += message.time
            if message.type == "note_on" and message.velocity:
                on[message.note] = at
            elif message.type in ("note_off", "note_on") and message.note in on:
                start = on.pop(message.note)
                size = file.ticks_per_beat / 8
                found.append((round(start / size), round((at - start) / size), message.note))
    return sorted(found)


def test_a_judge_hears_the_same_notes():
    written = tune()
    expected = sorted((note.onset, note.length, note.pitch) for note in (*written.vocal, *written.ins))
    assert heard(write_musicxml(written)) == expected


def test_it_says_key_metre_tempo_chords_sections_and_words():
    root = ET.fromstring(write_musicxml(tune()))
    vocal = root.find("part[@id='P1']")
    assert vocal.findtext(".//fifths") == "1" and vocal.findtext(".//per-minute") == "96"
    assert (vocal.findtext(".//beats"), vocal.findtext(".//beat-type")) == ("4", "4")
    assert [each.text for each in vocal.iter("rehearsal")] == ["Verse", "Chorus"]
    assert [each.text for each in vocal.iter("kind")] == [
        "major",
        "minor",
        "major",
        "dominant",
        "major",
        "major",
    ]
    assert [each.text for each in vocal.iter("text")][:2] == ["Lan", "tern"]
    assert vocal.findtext(".//bass/bass-step") == "E"


def test_markup_in_words_is_words():
    xml = write_musicxml(tune(ABC.replace("T:Harbour", 'T:<b>&"')))
    assert ET.fromstring(xml).findtext(".//work-title") == '<b>&"'
