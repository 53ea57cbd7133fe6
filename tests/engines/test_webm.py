"""Opus in WebM: the packets of the Ogg file, its duration at the beginning, and a cue every few seconds."""

import io
import struct

import numpy as np
import pytest
import soundfile

from audiomusic.engines.encoding import transcode
from audiomusic.engines.tagging.webm import CLUSTER_S, _packets, webm_of_ogg

SOUND_S = 11.25
CLUSTER, SEGMENT, CUE_PLACE = b"\x1fC\xb6u", b"\x18S\x80g", b"\xf1" + (8 | 1 << 56).to_bytes(8, "big")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return the same sound as Ogg and as WebM."""
    folder = tmp_path_factory.mktemp("webm")
    tone = 0.2 * np.sin(np.arange(int(SOUND_S * 48_000)) / 20)
    soundfile.write(folder / "a.flac", np.stack([tone, tone], 1), 48_000)
    for name in ("opus", "webm"):
        transcode(folder / "a.flac", folder / f"a.{name}", name)
    return (folder / "a.opus").read_bytes(), (folder / "a.webm").read_bytes()


def test_it_holds_the_same_packets_in_the_same_order(files):
    ogg, webm = files
    packets, _ = _packets(ogg)
    at = 0
    for packet in packets[2:]:
        at = webm.index(packet, at) + len(packet)
    assert webm_of_ogg(ogg) == webm


def test_its_length_stands_at_the_beginning(files):
    webm = files[1]
    at = webm.index(b"\x44\x89")
    assert at < 200
    assert struct.unpack_from(">d", webm, at + 10)[0] == pytest.approx(SOUND_S * 1000, abs=0.1)


def test_its_cues_lead_to_every_few_seconds(files):
    webm = files[1]
    origin = webm.index(SEGMENT) + 12
    places, at = [], webm.find(CUE_PLACE)
    while at >= 0:
        places.append(origin + struct.unpack_from(">Q", webm, at + 9)[0])
        at = webm.find(CUE_PLACE, at + 1)
    assert len(places) == SOUND_S // CLUSTER_S + 1
    assert all(webm[place : place + 4] == CLUSTER for place in places)


def test_another_file_is_refused():
    with pytest.raises(ValueError, match="Expected an Ogg Opus file"):
        webm_of_ogg(b"")
    file = io.BytesIO()
    soundfile.write(file, np.zeros((4800, 2)), 48_000, format="OGG", subtype="VORBIS")
    with pytest.raises(ValueError, match="Expected an Ogg Opus file"):
        webm_of_ogg(file.getvalue())
