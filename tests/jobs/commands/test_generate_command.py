"""Generating a song into a file from the command line."""

import json

import pytest
import soundfile
from django.core.management import CommandError, call_command

from audiomusic.engines.base import EngineError
from audiomusic.engines.file_metadata import read_tags


def generate(*args, out):
    return call_command("generate", "calm piano", *args, "--out", str(out))


def seen_request(fake_engine):
    seen = []
    fake_engine.on_start = seen.append
    return seen


def test_it_writes_a_tagged_file(fake_engine, tmp_path, capsys):
    out = tmp_path / "song.flac"
    generate("--seed", "5", out=out)
    assert abs(soundfile.info(out).duration - 0.5) < 0.01
    tags = read_tags(out)
    assert (tags.title, tags.caption, tags.seed, tags.key) == ("La La", "calm piano", 5, "A Minor")
    assert "seed 5" in capsys.readouterr().out


@pytest.mark.parametrize("suffix", ["wav", "mp3", "ogg", "FLAC"])
def test_the_ending_says_the_format(fake_engine, tmp_path, suffix):
    out = tmp_path / f"song.{suffix}"
    generate(out=out)
    assert soundfile.info(out).format == {"ogg": "OGG", "mp3": "MP3"}.get(suffix, suffix.upper())
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_json_is_one_line(fake_engine, tmp_path, capsys):
    generate("--json", "--bpm", "80", out=tmp_path / "song.wav")
    told = json.loads(capsys.readouterr().out)
    assert told["path"].endswith("song.wav")
    assert (told["bpm"], told["duration_s"], told["engine"]) == (80.0, 0.5, "fake 0.1")


def test_every_wish_reaches_the_engine(fake_engine, tmp_path):
    seen = seen_request(fake_engine)
    lyrics = tmp_path / "lyrics.txt"
    lyrics.write_text("[verse]\nla la\n", encoding="utf-8")
    generate(
        *("--lyrics-file", str(lyrics), "--duration", "12", "--bpm", "90", "--key", "am", "--time", "3/4"),
        *("--language", "de", "--genre", "Folk", "--seed", "3", "--kind", "rap"),
        out=tmp_path / "song.flac",
    )
    (request,) = seen
    assert (request.kind, request.lyrics, request.seeds) == ("rap", "[verse]\nla la\n", (3,))
    assert (request.duration_s, request.max_duration_s, request.bpm) == (12.0, 12.0, 90.0)
    assert (request.keyscale, request.timesignature) == ("A Minor", "3/4")
    assert (request.vocal_language, request.genre) == ("de", "Folk")


def test_instrumental(fake_engine, tmp_path):
    seen = seen_request(fake_engine)
    generate("--instrumental", out=tmp_path / "song.flac")
    assert (seen[0].kind, seen[0].write_lyrics) == ("instrumental", False)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--bpm", "1000"], "from 30 to 300"),
        (["--duration", "0.5"], "from 1 to 600"),
        (["--seed", "4294967296"], "to 4294967295"),
        (["--key", "H dur"], "a key such as"),
        (["--language", "klingon"], "ISO 639-1"),
        (["--lyrics-file", "/nowhere"], "could not be read"),
        (["--lyrics", "la", "--instrumental"], "not allowed with"),
    ],
)
def test_a_wrong_wish_is_refused_before_anything_is_made(fake_engine, tmp_path, args, words):
    with pytest.raises(CommandError, match=words):
        generate(*args, out=tmp_path / "song.flac")


def test_an_unknown_ending_is_refused(fake_engine, tmp_path):
    with pytest.raises(CommandError, match="wav"):
        generate(out=tmp_path / "song.mid")


def test_a_folder_that_is_not_there_is_refused(fake_engine, tmp_path):
    with pytest.raises(CommandError, match="does not exist"):
        generate(out=tmp_path / "nowhere" / "song.flac")


@pytest.mark.parametrize("error", [EngineError("No words to sing."), KeyboardInterrupt()])
def test_what_fails_leaves_no_file(fake_engine, tmp_path, error):
    def fail(request):
        raise error

    fake_engine.on_start = fail
    with pytest.raises(CommandError, match="words|Stopped"):
        generate(out=tmp_path / "song.flac")
    assert not list(tmp_path.iterdir())
