"""`manage.py serve`: everything a person needs, from an empty folder to a running server."""

from __future__ import annotations

import errno
import socket
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from audiomusic.accounts.services import ensure_first_admin
from audiomusic.data_folder import data_folder_mend
from audiomusic.supervisor import Child, Supervisor

PARTS = ("all", "web", "worker")
WEB_PROCESSES = 2
WEB_THREADS = 8


def web_command() -> list[str]:
    return [
        sys.executable, "-m", "gunicorn", "audiomusic.wsgi",
        "--bind", f"{settings.HOST}:{settings.PORT}",
        "--worker-class", "audiomusic.patient_worker.PatientWorker",
        "--workers", str(WEB_PROCESSES), "--threads", str(WEB_THREADS), "--worker-connections", "800",
        "--timeout", "120", "--graceful-timeout", "5", "--keep-alive", "15",
        "--no-control-socket", "--log-level", "warning", "--logger-class", "audiomusic.web_log.WebLogger",
        "--forwarder-headers", "",  # else a client behind a proxy on this machine could say SCRIPT_NAME
    ]  # fmt: skip


def worker_command() -> list[str]:
    return [sys.executable, "manage.py", "work", "--skip-checks"]  # serve has made the same ones


def check_port(host: str, port: str) -> None:
    """Raises CommandError with one clear sentence when the server could not listen there."""
    if not port.isdigit() or not 1 <= int(port) <= 65535:
        raise CommandError(f"PORT must be a number from 1 to 65535, but it is {port!r}.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise CommandError(
                    f"Port {port} on {host} is taken by another program; choose another with PORT=…"
                ) from None
            raise CommandError(f"HOST={host} PORT={port} cannot be used: {error.strerror}.") from None


def static_is_collected() -> bool:
    """Whether the collected files are newer than every file they were made from: it saves a
    second start the price of hashing and compressing them all again."""
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    if not manifest.exists():
        return False
    sources = (Path(storage.path(name)) for finder in get_finders() for name, storage in finder.list([]))
    return all(source.stat().st_mtime < manifest.stat().st_mtime for source in sources)


class Command(BaseCommand):
    help = "Prepares the database and starts web server and worker under one supervisor."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("part", nargs="?", choices=PARTS, default="all")

    def handle(self, *args: Any, part: str, **options: Any) -> None:
        if part != "worker":
            check_port(settings.HOST, settings.PORT)
        self._prepare()
        children = {
            "web": Child("The web server", web_command()),
            "worker": Child("The worker", worker_command()),
        }
        chosen = list(children.values()) if part == "all" else [children[part]]
        Supervisor(chosen).run(on_ready=lambda: self._greet(part))
        self.stdout.write("Stopped.")

    def _prepare(self) -> None:
        if refused := data_folder_mend().sentence:
            self.stderr.write(refused)
        call_command("migrate", interactive=False, verbosity=0)
        call_command("syncpresets", verbosity=0)
        if not static_is_collected():
            call_command("collectstatic", interactive=False, verbosity=0)
        first = ensure_first_admin()
        if first is not None:
            self.stdout.write(
                "\n"
                "  This is shown once. Keep it:\n\n"
                f"    admin name      {first.username}\n"
                f"    admin password  {first.password}\n"
                f"    API key         {first.api_key}\n"
            )

    def _greet(self, part: str) -> None:
        if part == "worker":
            self.stdout.write("The worker is waiting for jobs. Ctrl-C stops it.")
            return
        shown_host = "127.0.0.1" if settings.HOST in ("0.0.0.0", "::") else settings.HOST
        address = settings.PUBLIC_URL or f"http://{shown_host}:{settings.PORT}"
        self.stdout.write(
            f"\n  AudioMusic {settings.VERSION} is at {address}/  (staff: {address}/admin/)\n"
            f"  Everything it keeps lies in {settings.DATA_DIR}\n"
            "  Ctrl-C stops it.\n"
        )
        self.stdout.flush()
