import json
import shutil
import subprocess
from dataclasses import replace

import mutagen
import numpy as np
import pytest
import soundfile
from mutagen.flac import FLAC, Picture
from mutagen.mp3 import MP3
from mutagen.wave import WAVE

from audiomusic.engines.covers.picture import cover_png
from audiomusic.engines.encoding import FORMATS, encode
from audiomusic.engines.file_metadata import COVER_PX, TrackTags, long_key, read_tags, short_key, write_tags

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
    album="Nachtzug",
    album_artist="AudioMusic",
    track=2,
    recipe_url="https://music.example.org/tracks/7",
    synced_lyrics=((1000, "Rails are singing"), (4250, ""), (9040, "你好世界")),
    cover=cover_png("7", 32),
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


def test_tags_written_again_make_the_same_file_as_tags_written_once(path, tmp_path):
    """Replaying or renaming a song must give the same bytes as a new song."""
    again = shutil.copy(path, tmp_path / f"again{path.suffix}")
    write_tags(again, TrackTags(title="A much shorter song", cover=cover_png("1", 64)))
    for each in (path, again):
        write_tags(each, SONG)
    assert path.read_bytes() == again.read_bytes()


def test_equal_tags_have_one_fingerprint():
    assert SONG.fingerprint() == replace(SONG).fingerprint()
    others = [{"title": "Other"}, {"cover": b""}, {"synced_lyrics": ()}, {"album": ""}]
    assert len({replace(SONG, **other).fingerprint() for other in others} | {SONG.fingerprint()}) == 5


def test_a_picture_is_drawn_when_it_is_written(tmp_path):
    encode(np.zeros((2, 100), "f"), tmp_path / "a.flac", "flac")
    tags = TrackTags(title="Night Train", cover_number=7)
    write_tags(tmp_path / "a.flac", tags)
    found = read_tags(tmp_path / "a.flac")
    assert found == tags.drawn() == TrackTags(title="Night Train", cover=cover_png("7", COVER_PX))
    assert tags.fingerprint() != replace(tags, cover_number=8).fingerprint()


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
    """Key tags know only major and minor."""
    assert (short_key("D Dorian"), short_key("G Mixolydian")) == ("Dm", "G")


# As players and music servers read tags

#: What a server like Navidrome reads, in this order: its field -> (ID3 frames, Vorbis comments).
RULES = {
    "title": (["TIT2"], ["TITLE"]),
    "artist": (["TPE1"], ["ARTIST"]),
    "album": (["TALB"], ["ALBUM"]),
    "albumartist": (["TPE2"], ["ALBUMARTIST"]),
    "track": (["TRCK"], ["TRACKNUMBER", "TRACK"]),
    "genre": (["TCON"], ["GENRE"]),
    "bpm": (["TBPM"], ["BPM"]),
    "key": (["TKEY"], ["KEY"]),
    "language": (["TLAN"], ["LANGUAGE"]),
    "date": (["TDRC"], ["DATE"]),
    "comment": (["COMM::ger", "COMM"], ["COMMENT"]),
    "recipe": (["TXXX:RECIPE"], ["RECIPE"]),
    "seed": (["TXXX:SEED"], ["SEED"]),
}
READ = {
    "title": "Nachtzug nach Łódź", "artist": "AudioMusic", "album": "Nachtzug", "albumartist": "AudioMusic",
    "track": "2", "genre": "Jazz", "bpm": "92", "key": "F#m", "language": "ger", "date": "2026-11-05",
    "comment": "a slow train at night, brushed drums", "recipe": "https://music.example.org/tracks/7",
    "seed": "4294967295",
}  # fmt: skip


def read_by_rules(tags):
    is_id3 = hasattr(tags, "getall")
    names = {field: rule[0] if is_id3 else rule[1] for field, rule in RULES.items()}
    found = {field: next((tags[name] for name in rule if name in tags), "") for field, rule in names.items()}
    return {field: str(value[0] if isinstance(value, list) else value) for field, value in found.items()}


def test_a_music_server_finds_every_field(path):
    write_tags(path, SONG)
    assert read_by_rules(mutagen.File(path).tags) == READ


def test_opus_carries_them_too(tmp_path):
    path = tmp_path / "song.opus"
    soundfile.write(path, np.zeros((9600, 2), "f"), 48_000, format="OGG", subtype="OPUS")
    write_tags(path, SONG)
    assert read_tags(path) == SONG
    assert read_by_rules(mutagen.File(path).tags) == READ


def test_lyrics_have_their_times_where_players_look(path):
    write_tags(path, SONG)
    tags = mutagen.File(path).tags
    if hasattr(tags, "getall"):
        assert tags["USLT::ger"].text == SONG.lyrics
        [frame] = tags.getall("SYLT")
        assert (frame.format, frame.type, frame.lang) == (2, 1, "ger")
        assert frame.text == [("Rails are singing", 1000), ("", 4250), ("你好世界", 9040)]
    else:
        assert tags["LYRICS"] == ["[00:01.00]Rails are singing\n[00:04.25]\n[00:09.04]你好世界"]
        assert tags["UNSYNCEDLYRICS"] == [SONG.lyrics]


def test_words_without_times_are_shown_all_the_same(tmp_path):
    encode(np.zeros((2, 9600), "f"), tmp_path / "a.ogg", "ogg")
    write_tags(tmp_path / "a.ogg", TrackTags(lyrics="la la"))
    assert mutagen.File(tmp_path / "a.ogg").tags["LYRICS"] == ["la la"]
    assert read_tags(tmp_path / "a.ogg") == TrackTags(lyrics="la la")


def test_flac_holds_its_picture_as_a_block(tmp_path):
    encode(np.zeros((2, 100), "f"), tmp_path / "a.flac", "flac")
    write_tags(tmp_path / "a.flac", SONG)
    [picture] = FLAC(tmp_path / "a.flac").pictures
    assert isinstance(picture, Picture)
    assert (picture.type, picture.mime, picture.data) == (3, "image/png", SONG.cover)


@pytest.mark.skipif(not shutil.which("ffprobe"), reason="ffprobe is not installed")
def test_ffprobe_reads_tags_and_picture(path):
    write_tags(path, SONG)
    asked = ["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", str(path)]
    shown = json.loads(subprocess.run(asked, capture_output=True, check=True).stdout)
    tags = {}
    for part in [shown["format"], *shown["streams"]]:
        tags |= {name.lower(): value for name, value in part.get("tags", {}).items()}
    assert (tags["title"], tags["album"], tags["artist"]) == (SONG.title, SONG.album, SONG.artist)
    assert (tags["album_artist"], tags["genre"]) == ("AudioMusic", "Jazz")
    pictures = [stream for stream in shown["streams"] if stream["codec_type"] == "video"]
    assert [stream["codec_name"] for stream in pictures] == ["png"]


def test_other_files_are_refused(tmp_path):
    (tmp_path / "a.txt").write_text("no sound")
    with pytest.raises(ValueError, match="expected a FLAC, Ogg Vorbis, MP3 or WAV file"):
        write_tags(tmp_path / "a.txt", SONG)
    with pytest.raises(ValueError, match="cannot be tagged"):
        read_tags(tmp_path / "gone.flac")
