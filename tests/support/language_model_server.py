"""A loopback server that speaks OpenAI's protocol, correctly or not; `answers` sets its next response."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MODEL = "singer-1b"
LYRICS = """[Verse 1]
Mia wakes up with the cats at her side
Records are spinning, the doors open wide

[Chorus]
Happy birthday, Mia, the disco is on
We dance with the cats till the candles are gone

[Verse 2]
Sister of mine with a laugh like a bell
Cats on the sofa have secrets to tell

[Chorus]
Happy birthday, Mia, the disco is on
We dance with the cats till the candles are gone"""
SONG = {
    "title": "Mia's Disco",
    "lyrics": LYRICS,
    "caption": "funk, warm bass, handclaps",
    "bpm": 118,
    "keyscale": "A Minor",
    "timesignature": "4/4",
    "vocal_language": "en",
    "duration": None,
}


def completion(content, **message):
    """Return the body of a chat completion."""
    return {
        "id": "x", "object": "chat.completion", "created": 1, "model": MODEL,
        "choices": [
            {
                "index": 0, "finish_reason": "stop",
                "message": {"role": "assistant", "content": content, **message},
            }
        ],
    }  # fmt: skip


def good(server, request):
    return 200, completion(json.dumps(SONG))


def saying(content, **message):
    """Respond with this content, text or not."""
    return lambda server, request: (200, completion(content, **message))


def with_fields(**fields):
    """Respond with a valid song in which these fields are replaced."""
    return saying(json.dumps(SONG | fields))


def refusing(status):
    """Refuse with this status and repeat the key in the message, as some servers do."""
    return lambda server, request: (status, {"error": {"message": f"bad key {server.keys[-1]}"}})


def without_formats(*kinds):
    """Reject these response formats."""

    def answer(server, request):
        kind = request.get("response_format", {}).get("type", "plain")
        return (400, {"error": {"message": kind}}) if kind in kinds else good(server, request)

    return answer


def raw(body, status=200):
    return lambda server, request: (status, body)


def late(seconds):
    def answer(server, request):
        server.stopped.wait(seconds)
        return good(server, request)

    return answer


class LanguageModelServer:
    """Usage: `with LanguageModelServer() as server`, then `server.url`, `server.requests` and
    `server.answers`."""

    def __init__(self):
        self.answers = good
        self.listed = [MODEL, "other"]
        self.requests, self.keys, self.headers = [], [], []
        self.stopped = threading.Event()

    def __enter__(self):
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_GET(self):
                rows = [
                    {"id": name, "object": "model", "created": 1, "owned_by": "x"} for name in outer.listed
                ]
                self.reply(200, {"object": "list", "data": rows})

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.keys.append(self.headers["Authorization"])
                outer.headers.append(dict(self.headers))
                outer.requests.append(json.loads(body))
                if outer.answers in (dripping, endless):
                    outer.answers(outer, self)
                else:
                    self.reply(*outer.answers(outer, outer.requests[-1]))

            def reply(self, status, body):
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Location", f"{outer.url}/elsewhere")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *args):
        self.stopped.set()
        self.http.shutdown()
        self.http.server_close()


def dripping(server, handler):
    """Send one byte at a time forever, so that no single read takes long."""
    _begin(handler)
    while not server.stopped.wait(0.1):
        if not _write(handler, b" "):
            return


def endless(server, handler):
    """Send bytes for as long as the client reads."""
    _begin(handler)
    while not server.stopped.is_set() and _write(handler, b" " * 65536):
        pass


def _begin(handler):
    handler.send_response(200)
    handler.send_header("Content-Type", "application/json")
    handler.end_headers()


def _write(handler, content):
    try:
        handler.wfile.write(content)
    except OSError:
        return False
    return True


def wait_until(is_true, seconds=10):
    ends_at = time.monotonic() + seconds
    while not is_true() and time.monotonic() < ends_at:
        time.sleep(0.05)
    return is_true()
