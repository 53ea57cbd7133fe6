"""Small sound files, generated on demand."""

import threading
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np
import soundfile


def tone(seconds=1.0, rate_hz=48_000, channels=2, frequency_hz=440.0):
    moments = np.arange(int(seconds * rate_hz)) / rate_hz
    wave = 0.3 * np.sin(2 * np.pi * frequency_hz * moments)
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


def sound_bytes(format="FLAC", *, seconds=1.0, rate_hz=48_000, channels=2, subtype=None, samples=None):
    samples = tone(seconds, rate_hz, channels) if samples is None else samples
    with NamedTemporaryFile() as file:  # an MP3's length is written into its header, only possible on disk
        soundfile.write(file.name, samples, rate_hz, subtype=subtype, format=format)
        return Path(file.name).read_bytes()


@cache
def long_silence(said_s=36_000):
    """Return eleven minutes of silence as a FLAC file of a few kilobytes whose header claims another length;
    0: unknown."""
    content = bytearray(sound_bytes("FLAC", rate_hz=8_000, samples=np.zeros((8_000 * 660, 1), np.int16)))
    count = said_s * 8_000
    content[21] = content[21] & 0xF0 | count >> 32  # STREAMINFO stores the number of samples in 36 bits
    content[22:26] = (count & 0xFFFFFFFF).to_bytes(4, "big")
    return bytes(content)


@contextmanager
def web_server(pages):
    """Serve `pages` on loopback: path -> bytes, or a function that takes the handler."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            page = pages.get(self.path)
            if callable(page):
                page(self)
                return
            self.send_response(200 if page is not None else 404)
            self.send_header("Content-Length", str(len(page or b"")))
            self.end_headers()
            self.wfile.write(page or b"")

        def log_message(self, *words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def redirect_to(url):
    def answer(handler):
        handler.send_response(302)
        handler.send_header("Location", url)
        handler.end_headers()

    return answer


def endless(handler):
    """Send a response that never ends and has no Content-Length."""
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b"fLaC" + bytes(60_000))
    except OSError:
        pass
