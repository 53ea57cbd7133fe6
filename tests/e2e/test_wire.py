"""Malformed requests on the wire: a real web server receives what no honest client sends."""

import json
import socket

import pytest

pytestmark = pytest.mark.e2e

HOST = "Host: 127.0.0.1"


def send(server, *lines, body=""):
    """Send the bytes as they are. Return (status, the whole response)."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as raw:
        raw.sendall("\r\n".join([*lines, "Connection: close", "", body]).encode("latin-1"))
        answer = b"".join(iter(lambda: raw.recv(65536), b"")).decode(errors="replace")
    return int(answer.split()[1]), answer


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ((HOST, "Content-Length: 5", "Transfer-Encoding: chunked"), 400),
        ((HOST, "Content-Length: 5", "Content-Length: 6"), 400),
        ((HOST, "Content-Length: -5"), 400),
        ((HOST, "Transfer-Encoding: xchunked"), 501),
        ((HOST, "Host: evil.example"), 400),
        ((HOST, "X-API-Key : ap_0"), 400),
        ((HOST, "X-API-Key: ap_0\x00"), 400),
        (("Host: evil.example",), 400),
    ],
)
def test_two_readers_of_a_request_never_disagree(server, lines, status):
    """A proxy that read it as two requests, or as another host's, would be misled."""
    assert send(server, "POST /api/v1/auth/token HTTP/1.1", *lines, body="0\r\n\r\n")[0] == status


@pytest.mark.parametrize(
    "header", ["SCRIPT_NAME: /x", "PATH_INFO: /admin/", "Script-Name: /x", "X-Original-URL: /admin/"]
)
def test_no_header_changes_what_is_asked_for(server, header):
    """A rule of the proxy that keeps strangers from /admin/ must not be bypassed with /x/admin/."""
    assert send(server, "GET /x/admin/ HTTP/1.1", HOST, header)[0] == 404
    assert send(server, "GET /sign-in HTTP/1.1", HOST, header)[0] == 200


def test_no_header_names_another_host_for_links(server):
    job = server.call("POST", "/api/v1/music/text2samples", {"prompt": "one kick", "duration": 1})[1]["job"]
    server.wait_for(job["id"], "COMPLETED")
    said = (f"X-API-Key: {server.key}", "X-Forwarded-Host: evil.example", "Forwarded: host=evil.example")
    _, answer = send(server, f"GET /api/v1/music/jobs/{job['id']} HTTP/1.1", HOST, *said)
    assert json.loads(answer.partition("\r\n\r\n")[2])["output_url"].startswith("http://127.0.0.1/audio/")
    assert "evil.example" not in answer


@pytest.mark.parametrize(
    "path",
    [
        "/static/../secret_key", "/static/%2e%2e/secret_key", "/static/..%2fsecret_key",
        "/static//etc/passwd", "/static/%5c..%5csecret_key", "/audio/..%2f..%2fsecret_key/x.wav",
        "//evil.example/%2e%2e", "/s/..%2f..",
        "/static/%00", "/../../etc/passwd", "/audio/%252e%252e/x.wav",
    ],
)  # fmt: skip
def test_no_path_leads_out(server, path):
    status, answer = send(server, f"GET {path} HTTP/1.1", HOST)
    assert status in (400, 404)
    assert (server.data_dir / "secret_key").read_text() not in answer and "root:" not in answer


def test_nothing_is_echoed(server):
    status, answer = send(server, "TRACE /api/v1/auth/me HTTP/1.1", HOST, f"X-API-Key: {server.key}")
    assert status == 405 and server.key not in answer
    status, answer = send(server, "GET /sign-in?next=/%0d%0aSet-Cookie:%20a=b HTTP/1.1", HOST)
    assert status == 200 and "\r\nSet-Cookie: a=b" not in answer.partition("\r\n\r\n")[0]
