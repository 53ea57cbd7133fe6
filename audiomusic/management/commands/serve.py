"""`manage.py serve`: starts the whole server, even from an empty folder."""

from __future__ import annotations

import errno
import os
import socket
import sys
from argparse import ArgumentParser
from contextlib import ExitStack
from tempfile import TemporaryDirectory
from typing import IO, Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from audiomusic.accounts.services import ensure_first_admin
from audiomusic.server.connection_counts import open_counts
from audiomusic.server.data_folder import data_folder_mend
from audiomusic.server.http import open_listener
from audiomusic.server.start_lock import FolderInUse, start_lock
from audiomusic.server.static_files.collection import static_collect
from audiomusic.server.supervisor import Child, Supervisor

PARTS = ("all", "web", "worker")
WEB_PROCESSES = 2
WEB_THREADS = 8


def web_children(listener: socket.socket, counts: IO[bytes]) -> list[Child]:
    """Return processes that share one socket: if one dies, the others answer."""
    descriptors = (listener.fileno(), counts.fileno())
    command = [sys.executable, "-m", "audiomusic.server", str(listener.fileno()), str(WEB_THREADS)]
    return [
        Child(f"Web server {place + 1}", [*command, str(counts.fileno()), str(place)], pass_fds=descriptors)
        for place in range(WEB_PROCESSES)
    ]


def worker_child() -> Child:
    # serve has already run the checks
    return Child("The worker", [sys.executable, "manage.py", "work", "--skip-checks"])


def bind(host: str, port: str) -> socket.socket:
    """Return a listener. Raises CommandError with one clear sentence if the server cannot listen there."""
    if not port.isdigit() or not 1 <= int(port) <= 65535:
        raise CommandError(f"PORT: expected a number from 1 to 65535, got {port!r}.")
    try:
        return open_listener(host, int(port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CommandError(
                f"Port {port} on {host} is taken by another program; choose another with PORT=…"
            ) from None
        raise CommandError(f"HOST={host} PORT={port} cannot be used: {error.strerror}.") from None


def hold_folder(stack: ExitStack) -> None:
    """Prevent other web servers from using this data folder until the stack closes. Hosts without a database
    in it may share it. Raises CommandError.
    """
    is_alone = settings.DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
    try:
        stack.enter_context(start_lock(settings.DATA_DIR, host="" if is_alone else socket.gethostname()))
    except FolderInUse as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"{settings.DATA_DIR} cannot be written to: {error.strerror}.") from None


class Command(BaseCommand):
    help = "Prepares the database and starts web server and worker under one supervisor."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("part", nargs="?", choices=PARTS, default="all")

    def handle(self, *args: Any, part: str, **options: Any) -> None:
        with ExitStack() as stack:  # the socket outlives each web process: no client is refused
            children: list[Child] = []
            if part != "worker":
                hold_folder(stack)
                listener = stack.enter_context(bind(settings.HOST, settings.PORT))
                # The folder of the web processes' metrics (audiomusic.monitoring); each process reads all of
                # them.
                os.environ["PROMETHEUS_MULTIPROC_DIR"] = stack.enter_context(
                    TemporaryDirectory(prefix="audiomusic-metrics-")
                )
                children += web_children(listener, stack.enter_context(open_counts(WEB_PROCESSES)))
            self._prepare()
            if part != "web":
                children.append(worker_child())
            Supervisor(children).run(on_ready=lambda: self._greet(part))
        self.stdout.write("Stopped.")

    def _prepare(self) -> None:
        if refused := data_folder_mend().sentence:
            self.stderr.write(refused)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("syncpresets", verbosity=0)
        static_collect()
        first = ensure_first_admin()
        if first is not None:
            self.stdout.write(
                "\n"
                "  This is shown only once. Keep it:\n\n"
                f"    admin name      {first.username}\n"
                f"    admin password  {first.password}\n"
                f"    API key         {first.api_key}\n"
            )

    def _greet(self, part: str) -> None:
        if part == "worker":
            self.stdout.write("The worker is waiting for jobs. Ctrl-C stops it.")
            return
        address = settings.PUBLIC_URL or settings.LISTEN_URL
        self.stdout.write(
            f"\n  AudioMusic {settings.VERSION} is at {address}/  (staff: {address}/admin/)\n"
            f"  Its data is in {settings.DATA_DIR}\n"
            "  Ctrl-C stops it.\n"
        )
        self.stdout.flush()
