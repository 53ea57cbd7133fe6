"""What the parser refuses beyond waitress, byte by byte and immediately."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from waitress.adjustments import Adjustments

from audiomusic.server import limits
from audiomusic.server.parser import RequestParser

POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
WHOLE = {
    b"GET / HTTP/1.1\r\nHost: a\r\n\r\n": b"",
    POST + b"Content-Length: 5\r\n\r\nhello": b"hello",
    POST + b"Content-Length: 0000000000000000000005\r\n\r\nhello": b"hello",
    POST + b"Transfer-Encoding: chunked\r\n\r\n5;a=b\r\n0\r\n\r\n\r\n0\r\nX: y\r\n\r\n": b"0\r\n\r\n",
    POST + b"Transfer-Encoding: chunked\r\n\r\n0000000000005\r\nhello\r\n000\r\n\r\n": b"hello",
}


def parsed(*pieces):
    parser = RequestParser(Adjustments(max_request_body_size=limits.MOST_BODY_BYTES))
    for piece in pieces:
        while piece and not parser.completed:
            piece = piece[parser.received(piece) :]
    return parser


@given(st.sampled_from(sorted(WHOLE)), st.lists(st.integers(1, 40), max_size=20))
@settings(max_examples=60, deadline=None)
def test_a_request_is_whole_with_its_last_byte_and_not_before(request, steps):
    at, pieces = 0, []
    for step in [*steps, *[1] * len(request)]:
        pieces.append(request[at : at + step])
        at += step
    assert not parsed(request[:-1]).completed
    parser = parsed(*pieces)
    assert parser.completed and parser.error is None
    assert parser.get_body_stream().read() == WHOLE[request]


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET /" + b"a" * limits.MOST_REQUEST_LINE_BYTES + b" HTTP/1.1\r\n\r\n", 414),
        (POST + b"X: " + b"a" * limits.MOST_HEADER_LINE_BYTES + b"\r\n\r\n", 431),
        (POST + b"X: a\r\n" * limits.MOST_HEADERS + b"\r\n", 431),
        (POST + b"Content-Length: %d\r\n\r\n" % limits.MOST_BODY_BYTES, 413),
        (POST + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n", 400),
        (POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"0" * 2_000, 431),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X" * 10_000, 431),
        (b"GET /\x01 HTTP/1.1\r\n\r\n", 400),
        (b"GET http://[::1 HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
    ],
)
def test_a_refusal_has_its_status(request_bytes, status):
    assert parsed(request_bytes).error.code == status
    assert parsed(*(request_bytes[at : at + 1] for at in range(len(request_bytes)))).error.code == status


def test_a_chunk_of_a_terabyte_is_read_as_far_as_any_body():
    head = POST + b"Transfer-Encoding: chunked\r\n\r\n0FFFFFFFFF\r\n"
    assert not parsed(head, b"a" * (limits.MOST_BODY_BYTES - 100)).completed
    assert parsed(head, b"a" * limits.MOST_BODY_BYTES).error.code == 413


UPLOAD = b"POST /api/v1/music/uploads HTTP/1.1\r\nHost: a\r\n"


@pytest.mark.parametrize("header", [b"X-API-Key: ap_x", b"Authorization: Bearer x", b"Cookie: sessionid=x"])
def test_an_upload_may_be_larger(header):
    head = UPLOAD + header + b"\r\nContent-Length: %d\r\n\r\n"
    parser = parsed(head % (limits.MOST_UPLOAD_BYTES - 1))
    assert parser.is_upload and not parser.completed and parser.error is None
    assert parsed(head % limits.MOST_UPLOAD_BYTES).error.code == 413


@pytest.mark.parametrize(
    "request_line",
    [b"POST /api/v1/music/uploads", b"PUT /api/v1/music/uploads", b"POST /api/v1/music/uploads/1", b"POST /"],
)
def test_no_other_request_may(request_line):
    """Nor may a request without credentials, valid or not."""
    cookie = b"" if request_line == b"POST /api/v1/music/uploads" else b"Cookie: sessionid=x\r\n"
    head = request_line + b" HTTP/1.1\r\nHost: a\r\n" + cookie
    assert parsed(head + b"Content-Length: %d\r\n\r\n" % limits.MOST_BODY_BYTES).error.code == 413


def test_where_many_arrive_another_is_asked_to_come_again():
    parser = RequestParser(
        Adjustments(max_request_body_size=limits.MOST_BODY_BYTES), may_upload=lambda: False
    )
    parser.received(UPLOAD + b"X-API-Key: ap_x\r\nContent-Length: 2000000\r\n\r\n")
    assert parser.completed and parser.error.code == 503 and not parser.is_upload
