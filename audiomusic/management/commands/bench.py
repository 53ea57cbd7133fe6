"""`manage.py bench SUBJECT [--json]`: measures this machine against the goals."""

from __future__ import annotations

from argparse import ArgumentParser
from importlib import import_module
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audiomusic.bench.engine.listening import JudgeMissing
from audiomusic.bench.report import Report

#: Subject -> the module that measures it.
SUBJECTS = {
    "engine": "engine.benchmark",
    "music": "engine.music",
    "voice": "engine.held_out",
    "compose": "compose.figures",
    "asked": "asked.benchmark",
    "tools": "engine.tools",
    "analysis": "engine.analysis",
    "queue": "load.queue",
    "api": "api.benchmark",
    "players": "api.players",
    "pages": "pages.benchmark",
    "faults": "faults.benchmark",
    "fuzz": "faults.fuzz",
    "load": "load.benchmark",
    "slow": "load.slow",
    "image": "container.benchmark",
}
ENGINES = {"studio": "engine.benchmark", "acestep": "engine.acestep"}  # engine -> the module that measures it
DATABASES = ("sqlite", "postgres", "both")
PAGE_PARTS = ("server", "browser", "player", "times")

#: Option -> the subjects that have it. The subject chooses its own defaults.
OPTIONS = {
    "quick": ("engine", "music", "tools", "analysis"),
    "jobs": ("api", "players", "pages"),
    "database": ("api", "players", "faults", "fuzz", "load"),
    "minutes": ("faults", "fuzz", "load"),
    "pause": ("faults",),
    "seed": ("faults",),
    "engine": ("engine",),
    "keep": ("api", "players", "pages"),
    "part": ("pages",),
}


class Command(BaseCommand):
    help = "Measures speed, memory and music; exits with 1 if a goal is missed."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        def add(name: str, help_text: str, **options: Any) -> None:
            help_line = f"{', '.join(OPTIONS[name])}: {help_text}"
            parser.add_argument(f"--{name}", help=help_line, default=None, **options)

        parser.add_argument("subject", choices=SUBJECTS)
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
        add("quick", "fewer pieces", action="store_true")
        add("jobs", "with N jobs (100000)", type=int, metavar="N")
        add("database", "on which (sqlite)", choices=DATABASES)
        add("minutes", "for M minutes (3; load: 1)", type=float, metavar="M")
        add("pause", "seconds from one fault to the next, on average (1.8)", type=float, metavar="S")
        add("seed", "another order of the faults (0)", type=int, metavar="N")
        add("engine", "which one (studio)", choices=ENGINES)
        add("part", "only this one", choices=PAGE_PARTS)
        add("keep", "keep the filled databases, or use those kept", type=Path, metavar="FOLDER")

    def handle(self, *args: Any, subject: str, json: bool, **options: Any) -> None:
        arguments = chosen(subject, options)
        module = ENGINES[arguments.pop("engine")] if "engine" in arguments else SUBJECTS[subject]
        report = measure(module, **arguments)
        self.stdout.write(report.to_json() if json else report.to_table())
        if report.missed:
            raise SystemExit(1)


def chosen(subject: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return the options that were given. Raises CommandError if the subject does not have one of them."""
    given = {name: options[name] for name in OPTIONS if options.get(name) is not None}
    for name in given:
        if subject not in OPTIONS[name]:
            raise CommandError(
                f"--{name} is no option of {subject}: only {' and '.join(OPTIONS[name])} can do that"
            )
    return given


def measure(module: str, **arguments: Any) -> Report:
    """Return the subject's report. Raises CommandError with a sentence if a judge is not installed."""
    try:
        report: Report = import_module(f"audiomusic.bench.{module}").run(**arguments)
    except JudgeMissing as error:
        raise CommandError(str(error)) from None
    return report
