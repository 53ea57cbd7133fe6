"""Audio with ranges and as compressed streams, covers, and lyrics with times."""

import io

import pytest
import soundfile
from django.core.files.storage import default_storage
from PIL import Image

from audiomusic.engines.covers.drawings import Chance
from audiomusic.engines.covers.picture import cover_png
from audiomusic.engines.file_metadata import COVER_PX, TrackTags
from jobs.models import Take
from jobs.storage.copies import EncodersBusy
from library.subsonic import media
from library.subsonic.lyrics import structured_lyrics
from tests.support.recordings import new_job
from tests.support.studio_songs import studio_song

pytestmark = pytest.mark.django_db


def content(answer):
    return b"".join(answer.streaming_content)


def test_a_stream_is_light_made_once_and_ranges(player, heard):
    sid = f"tr-{heard.job_id}-1"
    whole = player.call("stream", id=sid)
    assert (whole.status_code, whole["Content-Type"], whole["Accept-Ranges"]) == (200, "audio/mpeg", "bytes")
    sound = content(whole)
    assert soundfile.info(io.BytesIO(sound)).format == "MP3" and whole["Content-Length"] == str(len(sound))
    for method in ("get", "post"):
        part = player.call("stream", method=method, id=sid, headers={"Range": "bytes=10-19"})
        assert (part.status_code, content(part)) == (206, sound[10:20])
    assert player.call("stream", id=sid, headers={"Range": "bytes=99999999-"}).status_code == 416
    head = player.call("stream", method="head", id=sid)
    assert head["Content-Length"] == str(len(sound)) and head.content == b""
    assert heard.files.filter(format="mp3").count() == 1


def test_the_original_on_asking_and_for_keeps(player, heard):
    sid = f"tr-{heard.job_id}-1"
    original = player.call("download", id=sid)
    assert original["Content-Type"] == "audio/flac"
    assert original["Content-Disposition"].startswith('attachment; filename="Night Train.flac"')
    assert content(original) == content(player.call("stream", id=sid, format="raw"))
    assert player.call("stream", id=sid, format="opus", maxBitRate=128)["Content-Type"] == "audio/ogg"


def test_fewer_bits_where_the_player_says_so(player, heard):
    sid = f"tr-{heard.job_id}-1"
    player.call("stream", id=sid, format="opus")
    for asked in ({}, {"maxBitRate": 320}, {"maxBitRate": 192}, {"format": "mp3", "maxBitRate": "128"}):
        assert player.call("stream", id=sid, **asked)["Content-Type"] == "audio/mpeg"
    assert {file.format for file in heard.files.all()} == {"flac", "mp3", "mp3s", "opus"}
    assert player.call("stream", id=sid, format="flac", maxBitRate=128)["Content-Type"] == "audio/flac"


def test_while_no_encoder_is_free_the_original_is_sent(player, heard, monkeypatch):
    def busy(**kwargs):
        raise EncodersBusy

    monkeypatch.setattr(media, "take_in_format", busy)
    assert player.call("stream", id=f"tr-{heard.job_id}-1")["Content-Type"] == "audio/flac"


def test_a_missing_file_is_told_in_the_protocols_form(player, owner):
    job = new_job(owner)
    Take.objects.create(job=job, index=1, seed=1, duration_s=1)
    for name in ("stream", "download"):
        assert player.error(name, id=f"tr-{job.id}-1") == 70


def test_a_cover_is_drawn_for_whatever_is_asked(player, heard):
    for wanted in (f"al-{heard.job_id}", f"tr-{heard.job_id}-1", "ar-1", "pl-3", "nonsense", "al-"):
        answer = player.call("getCoverArt", id=wanted, size=64)
        picture = Image.open(io.BytesIO(answer.content))
        assert (picture.format, picture.size, answer["Content-Type"]) == ("PNG", (64, 64), "image/png")
    again = player.call("getCoverArt", id="al-", size=64, headers={"If-None-Match": answer["ETag"]})
    assert again.status_code == 304
    sizes = [Image.open(io.BytesIO(player.call("getCoverArt", id="al-1", size=size).content)).size[0]
             for size in (1, 99999)]  # fmt: skip
    assert sizes == [32, 1024]
    assert player.call("getAvatar", username="olive")["Content-Type"] == "image/png"


def test_the_cover_is_the_pages_own():
    """The script makes the same cover for the same text (static/library/cover.js)."""
    chance = Chance("7")
    assert [round(chance.next(), 9) for _ in range(3)] == FIRST_NUMBERS_OF_7
    assert cover_png("7", 64) == cover_png("7", 64) != cover_png("8", 64)


def test_the_cover_in_a_file_is_the_same(player):
    sent = player.call("getCoverArt", id="al-7", size=COVER_PX).content
    assert TrackTags(cover_number=7).drawn().cover == sent


FIRST_NUMBERS_OF_7 = [0.547399298, 0.927081606, 0.852575045]
ENHANCED = (
    "[ti:Été]\n[00:01.00]Anna: <00:01.00>Été <00:01.50>😀 <00:02.00>là <00:02.75>\n"
    "[00:04.00]D: <00:04.00>you <00:04.50>too <00:05.00>\n[00:05.00]\n"
)


def sung(owner, **fields):
    job = new_job(owner, vocal_language="fr", display_name="Été")
    return Take.objects.create(job=job, index=1, seed=1, duration_s=6, **fields)


def test_words_have_their_place_in_bytes(player, owner):
    take = sung(owner, enhanced_lrc=ENHANCED, lrc_content="[00:01.00]Été 😀 là")
    asked = {"id": f"tr-{take.job_id}-1", "enhanced": "true"}
    [lyrics] = player.ok("getLyricsBySongId", **asked)["lyricsList"]["structuredLyrics"]
    assert (lyrics["lang"], lyrics["synced"], lyrics["kind"]) == ("fr", True, "main")
    assert [(line["start"], line["value"]) for line in lyrics["line"]] == [
        (1000, "Été 😀 là"), (4000, "you too"), (5000, ""),
    ]  # fmt: skip
    assert [agent["role"] for agent in lyrics["agents"]] == ["main", "group"]
    for cue_line in lyrics["cueLine"]:
        assert cue_line["value"] == lyrics["line"][cue_line["index"]]["value"]
        for cue in cue_line["cue"]:
            piece = cue_line["value"].encode()[cue["byteStart"] : cue["byteEnd"] + 1]
            assert piece.decode() == cue["value"] and cue["start"] < cue["end"]
    assert [cue["end"] for cue in lyrics["cueLine"][0]["cue"]] == [1500, 2000, 2750]
    xml = player.call("getLyricsBySongId", **asked).content.decode()
    assert 'value="Été 😀 là"' in xml and ">😀</cue>" in xml


def test_version_1_is_told_nothing_of_words(player, owner):
    take = sung(owner, enhanced_lrc=ENHANCED)
    [lyrics] = player.ok("getLyricsBySongId", id=f"tr-{take.job_id}-1")["lyricsList"]["structuredLyrics"]
    assert lyrics.keys() == {"displayArtist", "displayTitle", "lang", "synced", "line"}


def test_without_times_or_words(player, owner):
    take = sung(owner)
    assert player.ok("getLyricsBySongId", id=f"tr-{take.job_id}-1")["lyricsList"]["structuredLyrics"] == []
    take.job.lyrics = "[Verse]\nLa la\n\nlu"
    take.job.save()
    lyrics = structured_lyrics(take, is_enhanced=True)
    assert (lyrics["synced"], lyrics["line"]) == (False, [{"value": "La la"}, {"value": "lu"}])
    assert player.ok("getLyrics", artist="AudioMusic", title="Été")["lyrics"]["value"] == "La la\nlu"
    assert player.ok("getLyrics", title="nothing")["lyrics"] == {"value": ""}


def test_words_that_nobody_timed_have_the_times_of_their_score(player, owner):
    song = studio_song(owner)
    [lyrics] = player.ok("getLyricsBySongId", id=f"tr-{song.id}-1", enhanced="true")["lyricsList"][
        "structuredLyrics"
    ]
    assert (lyrics["synced"], lyrics["line"][0]) == (True, {"start": 1000, "value": "river runs"})
    assert [cue["start"] for cue in lyrics["cueLine"][0]["cue"]] == [1000, 1250]
    assert song.takes.get().enhanced_lrc


def test_words_whose_score_is_lost_have_no_times(player, owner):
    song = studio_song(owner)
    default_storage.delete(song.takes.get().score_files.get(format="json").storage_name)
    [lyrics] = player.ok("getLyricsBySongId", id=f"tr-{song.id}-1")["lyricsList"]["structuredLyrics"]
    assert (lyrics["synced"], lyrics["line"]) == (False, [{"value": "river runs"}])
