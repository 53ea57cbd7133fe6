"""What an address refers to: one of this server's takes, foreign audio, or nothing."""

import pytest

from jobs.models import Job
from jobs.specs.refusals import SourceNotFound
from jobs.storage.links import audio_url, make_token
from jobs.tools.sources import SourceRef, read_source

SITE = "https://music.example.org"
SONG = Job(id=5, display_name="Tide", batch_size=3)


@pytest.mark.parametrize(
    ("text", "ref"),
    [
        ("job:5", SourceRef(5)),
        ("job:5/take/2", SourceRef(5, 2)),
        (audio_url(SONG, 2, "mp3", base_url=SITE), SourceRef(5, 2)),
        (audio_url(SONG, 3, "flac", base_url=""), SourceRef(5, 3)),
        (
            audio_url(SONG, 1, "wav", base_url="https://MUSIC.example.org:443") + "?download=1#a",
            SourceRef(5, 1),
        ),
    ],
    ids=["job", "take", "mp3", "bare", "spelled otherwise"],  # link signatures differ by process
)
def test_own_addresses_name_a_take(text, ref):
    assert read_source(text, SITE) == ref


@pytest.mark.parametrize(
    "base", ["http://music.example.org", "https://music.example.org:8443", "https://music.example.com"]
)
def test_another_scheme_port_or_host_is_another_server(base):
    assert read_source(audio_url(SONG, 1, "flac", base_url=base), SITE) is None


@pytest.mark.parametrize(
    "text",
    [
        "/",
        "/audio",
        "/audio/",
        "/audio/x/y.flac",
        "/tracks/5",
        f"{SITE}/s/abc",
        "job:99999999999999999999"[:23],
    ],
)
def test_own_addresses_that_open_nothing(text):
    with pytest.raises(SourceNotFound):
        read_source(text, SITE)


@pytest.mark.parametrize(
    "text", ["", "5", "job:x", "job:5/take/0", "job:5/take/x", "ftp://a/b", "https:///a"]
)
def test_what_is_no_address(text):
    with pytest.raises(ValueError, match="Expected an http or https link, or job:ID"):
        read_source(text, SITE)


def test_a_link_of_another_kind_and_one_in_the_wrong_room():
    for path in (f"/lrc/{make_token(5, 1, 'lrc')}/a.lrc", f"/recipe/{make_token(5, 1, 'flac')}/a.json"):
        with pytest.raises(ValueError, match="Expected a link to audio"):
            read_source(SITE + path, SITE)
