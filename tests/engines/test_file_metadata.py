import mutagen
import numpy as np
import pytest
import soundfile
from mutagen.flac import FLAC
from mutagen.mp3 import MP3
from mutagen.wave import WAVE

from audiomusic.engines.encoding import FORMATS, encode
from audiomusic.engines.file_metadata import TrackTags, long_key, read_tags, short_key, write_tags

SONG = TrackTags(
    title="Nachtzug nach Łódź",
    caption="a slow train at night, brushed drums",
    bpm=92.0,
    key="F# Minor",
    lyrics="[Verse]\nRails are singing\n[Chorus]\nHome, home, home",
    seed=4_294_967_295,
    genre="Jazz",
    language="de",
    date="2026-11-05",
    software="AudioMusic 1.0.0",
)


@pytest.fixture(params=FORMATS)
def path(request, tmp_path):
    path = tmp_path / f"song{FORMATS[request.param].extension}"
    encode(np.full((2, 9600), 0.25, "f"), path, request.param)
    return path


def test_tags_come_back_and_the_sound_stays(path):
    before, _ = soundfile.read(path)
    write_tags(path, SONG)
    assert read_tags(path) == SONG
    after, _ = soundfile.read(path)
    assert np.array_equal(before, after)


def test_writing_again_replaces_all(path):
    write_tags(path, SONG)
    write_tags(path, TrackTags(title="Other"))
    assert read_tags(path) == TrackTags(title="Other")


def test_an_untagged_file_says_nothing(path):
    write_tags(path, TrackTags(artist="", software=""))
    assert read_tags(path) == TrackTags(artist="", software="")


def test_seed_nought_is_a_seed(path):
    write_tags(path, TrackTags(seed=0))
    assert read_tags(path).seed == 0


HOSTILE = {
    "null": ("a\x00b", "ab"),
    "line breaks": ("a\r\nTITLE=b", "a TITLE=b"),
    "emoji": ("🎸 rock 👩‍🎤", "🎸 rock 👩‍🎤"),
    "lone surrogate": ("a\ud800b", "ab"),
    "right to left": ("שלום مرحبا", "שלום مرحبا"),
    "escape sequence": ("\x1b[31mred", "[31mred"),
    "only spaces": (" \t ", ""),
    "markup": ("<script>alert('x')</script> %s {0}", "<script>alert('x')</script> %s {0}"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_titles_are_tamed(path, name):
    hostile, tame = HOSTILE[name]
    write_tags(path, TrackTags(title=hostile))
    assert read_tags(path).title == tame


def test_ten_thousand_letters_of_lyrics_fit(path):
    lyrics = "\n".join(["ü" * 99] * 100) + "x"
    write_tags(path, TrackTags(lyrics=lyrics, caption="c" * 2048))
    found = read_tags(path)
    assert (found.lyrics, found.caption) == (lyrics, "c" * 2048)
    assert soundfile.info(path).frames == 9600


def test_nonsense_in_number_tags_is_passed_over(tmp_path):
    encode(np.zeros((2, 100), "f"), tmp_path / "a.flac", "flac")
    audio = FLAC(tmp_path / "a.flac")
    audio["BPM"], audio["SEED"] = ["fast"], ["many"]
    audio.save()
    assert (read_tags(tmp_path / "a.flac").bpm, read_tags(tmp_path / "a.flac").seed) == (None, None)


def test_flac_speaks_vorbis_comments(tmp_path):
    encode(np.zeros((2, 100), "f"), tmp_path / "a.flac", "flac")
    write_tags(tmp_path / "a.flac", SONG)
    comments = {name: value for name, [value] in mutagen.File(tmp_path / "a.flac").tags.as_dict().items()}
    assert comments["title"] == "Nachtzug nach Łódź"
    assert (comments["bpm"], comments["initialkey"], comments["seed"]) == ("92", "F#m", "4294967295")


@pytest.mark.parametrize(("format", "kind"), [("mp3", MP3), ("wav", WAVE)])
def test_mp3_and_wav_speak_id3(tmp_path, format, kind):
    path = tmp_path / f"a.{format}"
    encode(np.zeros((2, 9600), "f"), path, format)
    write_tags(path, TrackTags(title="T", bpm=92.4, key="Bb Major", lyrics="la", language="de", seed=7))
    frames = kind(path).tags
    assert (frames["TIT2"].text, frames["TBPM"].text, frames["TKEY"].text) == (["T"], ["92"], ["Bb"])
    assert (frames["USLT::ger"].text, frames["TXXX:SEED"].text) == ("la", ["7"])


@pytest.mark.parametrize(("long", "short"), [("A Minor", "Am"), ("Bb Major", "Bb"), ("F# Minor", "F#m")])
def test_keys_in_both_notations(long, short):
    assert (short_key(long), long_key(short)) == (short, long)


def test_a_strange_key_stays_as_it_is():
    assert (short_key("D Hijaz"), long_key("D Hijaz")) == ("D Hijaz", "D Hijaz")


def test_a_mode_is_tagged_by_its_third():
    """Key tags know major and minor alone."""
    assert (short_key("D Dorian"), short_key("G Mixolydian")) == ("Dm", "G")


def test_other_files_are_refused(tmp_path):
    (tmp_path / "a.txt").write_text("no sound")
    with pytest.raises(ValueError, match="expected a FLAC, Ogg Vorbis, MP3 or WAV file"):
        write_tags(tmp_path / "a.txt", SONG)
    with pytest.raises(ValueError, match="cannot be tagged"):
        read_tags(tmp_path / "gone.flac")
