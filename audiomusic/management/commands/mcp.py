"""`manage.py mcp`: the Model Context Protocol on standard input and output, for programs that start it."""

from __future__ import annotations

import sys
import time
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from audiomusic.accounts.models import ApiKey, User
from audiomusic.http.renderers import json_bytes
from audiomusic.mcp.caller import McpCaller, local_environ
from audiomusic.mcp.dispatcher import answer
from audiomusic.mcp.protocol import (
    HANDSHAKE_VERSIONS,
    OLDEST_VERSION,
    PARSE_ERROR,
    REFUSED,
    Message,
    ProtocolError,
    id_of,
    modern_version,
    read_message,
)

PROGRESS_EVERY_S = 0.5
KEY_NEEDED = "Set AUDIOMUSIC_API_KEY to an API key (manage.py createkey USER), or say --user NAME."


@dataclass
class Session:
    """A client connected by two pipes."""

    who: Callable[[], tuple[User, ApiKey | None]]
    output: BinaryIO
    version: str = HANDSHAKE_VERSIONS[-1]

    def hear(self, line: bytes) -> None:
        """Handle one line and send at most one response."""
        try:
            body = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            self._send(ProtocolError(PARSE_ERROR, f"The line is not JSON: {error}").body())
            return
        try:
            message = read_message(body)
            if message is None or message.is_notification:
                return
            self._send({"jsonrpc": "2.0", "id": message.id, "result": self._answer(message)})
        except ProtocolError as error:
            self._send(error.body(id_of(body)))

    def _answer(self, message: Message) -> dict[str, Any]:
        user, key = self.who()
        version = modern_version(message) if message.is_modern else self._agreed(message)
        token = message.meta.get("progressToken")
        progress = None if token is None else ProgressNotes(token, self._send)
        return answer(message, McpCaller(user, key, local_environ(), version, progress))

    def _agreed(self, message: Message) -> str:
        """Return the version that the handshake agreed on."""
        asked = message.params.get("protocolVersion")
        if message.method == "initialize":
            is_known = asked in (OLDEST_VERSION, *HANDSHAKE_VERSIONS)
            self.version = str(asked) if is_known else HANDSHAKE_VERSIONS[-1]
        return self.version

    def _send(self, body: Mapping[str, Any]) -> None:
        self.output.write(json_bytes(body) + b"\n")
        self.output.flush()


@dataclass
class ProgressNotes:
    """Sends progress notifications: only increasing, and at most twice a second."""

    token: Any
    send: Callable[[Mapping[str, Any]], None]
    last: int = -1
    at: float = 0.0

    def __call__(self, percent: int, stage: str) -> None:
        now = time.monotonic()
        if percent <= self.last or now - self.at < PROGRESS_EVERY_S:
            return
        self.last, self.at = percent, now
        params = {"progressToken": self.token, "progress": percent, "total": 100, "message": stage}
        self.send({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})


def holder_of(token: str) -> tuple[User, ApiKey]:
    """Return the user and the key of a token. It is looked up for each message, so revoking a key takes
    effect at once.
    """
    key = ApiKey.objects.get_by_token(token)
    if key is None or not key.is_usable or not key.user.is_active:
        sentence = "The API key is unknown, expired or revoked."
        raise ProtocolError(REFUSED, sentence, {"code": "authentication_failed"})
    return key.user, key


def user_named(name: str) -> tuple[User, None]:
    user = User.objects.filter(username=name, is_active=True).first()
    if user is None:
        raise ProtocolError(REFUSED, f"There is no user {name!r} with an open account.", {"code": "no_user"})
    return user, None


class Command(BaseCommand):
    help = "Speaks the Model Context Protocol on standard input and output. The server must be running too."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--user", metavar="NAME", help="act as this user, with all their rights")

    def handle(self, *args: Any, user: str | None, **options: Any) -> None:
        token = settings.API_KEY
        if user is None and not token:
            raise CommandError(KEY_NEEDED)
        who = (lambda: user_named(user)) if user is not None else (lambda: holder_of(token))
        try:
            who()
        except ProtocolError as error:
            raise CommandError(error.message) from None
        host = urlsplit(local_environ_url()).hostname or ""
        settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, host]  # it requests its own links
        session = Session(who, sys.stdout.buffer)
        with redirect_stdout(sys.stderr):  # only messages may go to the output
            for line in sys.stdin.buffer:
                if line.strip():
                    close_old_connections()
                    session.hear(line)


def local_environ_url() -> str:
    return str(settings.PUBLIC_URL or settings.LISTEN_URL)
