"""When a request has wholly arrived, byte by byte."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audiomusic.arriving import BODY_TOO_LARGE, HEAD_TOO_LARGE, MOST_BODY_BYTES, MOST_HEAD_BYTES, Arriving

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;a=b\r\n0\r\n\r\n\r\n0\r\nX: y\r\n\r\n"


def arrived(*pieces):
    arriving = Arriving()
    for piece in pieces:
        arriving.add(piece)
    return arriving


@given(st.sampled_from([GET, POST, CHUNKED]), st.lists(st.integers(1, 40), max_size=20))
@settings(max_examples=60, deadline=None)
def test_a_request_is_whole_with_its_last_byte_and_not_before(request, steps):
    arriving, at = Arriving(), 0
    for step in [*steps, *[1] * len(request)]:
        if at == len(request):
            break
        assert not arriving.is_whole
        arriving.add(request[at : at + step])
        at = min(len(request), at + step)
    assert arriving.is_whole
    assert arriving.data == request


def test_what_follows_is_kept():
    assert arrived(POST + GET).is_whole
    assert arrived(POST + GET).data == POST + GET


@pytest.mark.parametrize(
    "head",
    [b"GET / HTTP/1.1\r\nX: " + b"a" * MOST_HEAD_BYTES, b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 8000 + b"\r\n"],
)
def test_a_head_without_end_is_refused(head):
    assert arrived(head).refusal == HEAD_TOO_LARGE


def test_a_body_that_is_told_to_be_too_large_is_refused_before_it_comes():
    head = b"POST / HTTP/1.1\r\ncontent-LENGTH: %d\r\nExpect: 100-continue\r\n\r\n" % (MOST_BODY_BYTES + 1)
    assert arrived(head).refusal == BODY_TOO_LARGE
    assert not arrived(head).wants_to_be_asked


def test_chunks_without_end_are_refused():
    head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert arrived(head, b"ffff\r\n" + b"a" * 65_535 + b"\r\n").refusal is None
    assert arrived(head, *[b"ffff\r\n" + b"a" * 65_535 + b"\r\n"] * 40).refusal == BODY_TOO_LARGE


@pytest.mark.parametrize("body", [b"hello\r\n", b"-1\r\n", b"\r\n", b"fffffffff\r\n", b"a" * 40_000])
def test_what_is_no_chunk_is_left_to_the_parser(body):
    assert arrived(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + body).is_whole


def test_a_length_in_other_words_is_left_to_the_parser():
    assert arrived(b"POST / HTTP/1.1\r\nContent-Length: five\r\n\r\n").is_whole


def test_who_waits_to_be_asked_for_the_body_is_asked_once():
    arriving = arrived(b"POST / HTTP/1.1\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
    assert arriving.wants_to_be_asked
    assert not arriving.wants_to_be_asked
    arriving.add(b"hello")
    assert arriving.is_whole


def test_a_refusal_is_an_answer_of_the_api():
    answer = BODY_TOO_LARGE.as_answer()
    assert answer.startswith(b"HTTP/1.1 413 Content Too Large\r\n")
    assert answer.endswith(b'{"detail": "The request body is too large.", "code": "payload_too_large"}')
