"""Remuxes Opus from an Ogg file into a WebM file: the packets are copied, nothing is encoded again.

Ogg only states its length at its end, so a browser fetches that first, which delays a song by seconds on a
slow connection. WebM states it at its beginning, along with the position of every few seconds.
"""

from __future__ import annotations

import struct

SAMPLE_RATE_HZ = 48_000  # Opus counts in this rate, whatever its source
CLUSTER_S = 5
PRE_ROLL_NS = 80_000_000  # an Opus decoder needs this long to settle after a seek
NS_PER_SAMPLE = 1_000_000_000 / SAMPLE_RATE_HZ
#: Samples per frame, by the number in a packet's first byte (RFC 6716, 3.1).
FRAME_SAMPLES = [480, 960, 1920, 2880] * 3 + [480, 960] * 2 + [120, 240, 480, 960] * 4


def webm_of_ogg(ogg: bytes) -> bytes:
    """Return the WebM file. Raises ValueError if it is not Ogg Opus."""
    packets, last_granule = _packets(ogg)
    if len(packets) < 3 or not packets[0].startswith(b"OpusHead"):
        raise ValueError("Expected an Ogg Opus file, got another one.")
    head, sound = packets[0], packets[2:]
    pre_skip = struct.unpack_from("<H", head, 10)[0]
    clusters, total = _clusters(sound, last_granule)
    duration_ms = (min(total, last_granule) - pre_skip) / SAMPLE_RATE_HZ * 1000
    start = _info(duration_ms) + _tracks(head, pre_skip)
    body = b"".join(cluster for _, cluster in clusters)
    cues = _cues(clusters, first_at=len(start) + len(_cues(clusters, 0)))
    return _EBML + _element(0x18538067, start + cues + body)


def _packets(ogg: bytes) -> tuple[list[bytes], int]:
    """Return the packets of the only stream, and the sample at which it ends."""
    packets: list[bytes] = []
    part, at, granule = bytearray(), 0, 0
    while at + 27 <= len(ogg):
        if ogg[at : at + 4] != b"OggS":
            raise ValueError("Expected a page of Ogg, got something else.")
        granule = max(granule, struct.unpack_from("<q", ogg, at + 6)[0])
        count = ogg[at + 26]
        lengths = ogg[at + 27 : at + 27 + count]
        at += 27 + count
        for length in lengths:
            part += ogg[at : at + length]
            at += length
            if length < 255:
                packets.append(bytes(part))
                part.clear()
    return packets, granule


def _samples(packet: bytes) -> int:
    frame = FRAME_SAMPLES[packet[0] >> 3]
    kind = packet[0] & 3
    return frame * (1 if kind == 0 else 2 if kind < 3 else packet[1] & 63)


def _clusters(sound: list[bytes], last_granule: int) -> tuple[list[tuple[int, bytes]], int]:
    """Return (start in ms, cluster) for every few seconds, and the total number of samples in all packets."""
    groups: dict[int, list[tuple[int, bytes, int]]] = {}
    position = 0
    for packet in sound:
        start_ms = round(position * 1000 / SAMPLE_RATE_HZ)
        position += _samples(packet)
        too_long = max(0, position - last_granule)
        groups.setdefault(start_ms // (CLUSTER_S * 1000), []).append((start_ms, packet, too_long))
    clusters = []
    for group in groups.values():
        first_ms = group[0][0]
        blocks = b"".join(_block(start_ms - first_ms, packet, over) for start_ms, packet, over in group)
        clusters.append((first_ms, _element(0x1F43B675, _number(0xE7, first_ms) + blocks)))
    return clusters, position


def _block(after_ms: int, packet: bytes, too_long: int) -> bytes:
    """Return a block. `too_long`: samples at its end to be discarded."""
    if not too_long:
        return _element(0xA3, struct.pack(">BhB", 0x81, after_ms, 0x80) + packet)
    padding = struct.pack(">q", round(too_long * NS_PER_SAMPLE))
    block = _element(0xA1, struct.pack(">BhB", 0x81, after_ms, 0) + packet)
    return _element(0xA0, block + _element(0x75A2, padding))


def _cues(clusters: list[tuple[int, bytes]], first_at: int) -> bytes:
    """Return the position of each cluster. All numbers take eight bytes, so its own length does not depend on
    them."""
    points, at = [], first_at
    for start_ms, cluster in clusters:
        place = _element(0xF7, struct.pack(">Q", 1)) + _element(0xF1, struct.pack(">Q", at))
        points.append(_element(0xBB, _element(0xB3, struct.pack(">Q", start_ms)) + _element(0xB7, place)))
        at += len(cluster)
    return _element(0x1C53BB6B, b"".join(points))


def _info(duration_ms: float) -> bytes:
    name = b"AudioMusic"
    times = _number(0x2AD7B1, 1_000_000) + _float(0x4489, duration_ms)
    return _element(0x1549A966, times + _element(0x4D80, name) + _element(0x5741, name))


def _tracks(head: bytes, pre_skip: int) -> bytes:
    audio = _element(0xE1, _float(0xB5, SAMPLE_RATE_HZ) + _number(0x9F, head[9]))
    entry = [
        _number(0xD7, 1), _number(0x73C5, 1), _number(0x83, 2), _element(0x86, b"A_OPUS"),
        _element(0x63A2, head), _number(0x56AA, round(pre_skip * NS_PER_SAMPLE)),
        _number(0x56BB, PRE_ROLL_NS), audio,
    ]  # fmt: skip
    return _element(0x1654AE6B, _element(0xAE, b"".join(entry)))


def _element(name: int, content: bytes) -> bytes:
    """Return an EBML element; its length takes eight bytes."""
    mark = name.to_bytes((name.bit_length() + 7) // 8, "big")
    return mark + (len(content) | 1 << 56).to_bytes(8, "big") + content


def _number(name: int, value: int) -> bytes:
    return _element(name, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def _float(name: int, value: float) -> bytes:
    return _element(name, struct.pack(">d", value))


_EBML = _element(
    0x1A45DFA3,
    _number(0x4286, 1) + _number(0x42F7, 1) + _number(0x42F2, 4) + _number(0x42F3, 8)
    + _element(0x4282, b"webm") + _number(0x4287, 4) + _number(0x4285, 2),
)  # fmt: skip
