"""`manage.py doctor`: checks that everything the server depends on is available, and that data which is
stored twice agrees.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from audiomusic.accounts.credits.statements import ledger_problems
from audiomusic.checks import weights_problems
from audiomusic.engines.hibari.package import singing_problems
from jobs.drafts.language_model import language_model_problems
from jobs.health import (
    database_problems,
    disk_space_problems,
    queue_problems,
    storage_problems,
    worker_problems,
)
from jobs.integrity import job_problems, webhook_problems
from jobs.search.integrity import text_problems
from jobs.storage.integrity import file_problems
from jobs.storage.usage import storage_use_problems
from library.integrity import (
    counts_problems,
    list_name_problems,
    play_count_problems,
    reaction_problems,
)

#: The server's dependencies. If one is unavailable, the checks that need it are skipped.
SURROUNDINGS: dict[str, Callable[[], list[str]]] = {
    "Database": database_problems,
    "Storage": storage_problems,
    "Queue": queue_problems,
    "Disk space": disk_space_problems,
    "Workers": worker_problems,
}
#: The dependencies of each check; all others need only the database.
READS: dict[str, set[str]] = {
    "Database": set(),
    "Storage": set(),
    "Disk space": set(),
    "Language model": set(),
    "Singing": set(),
    "Files": {"Database", "Storage"},
}

PROOFS: dict[str, Callable[[], list[str]]] = {
    "Credits": ledger_problems,
    "Files": file_problems,
    "Jobs": job_problems,
    "Likes": reaction_problems,
    "Singing": singing_problems,
    "Counts": lambda: [*counts_problems(), *storage_use_problems(), *play_count_problems()],
    "Texts": lambda: [*text_problems(), *list_name_problems()],
    "Webhooks": webhook_problems,
}


def proofs() -> dict[str, Callable[[], list[str]]]:
    """Return the checks that apply here: weights and a language model only if the settings use them."""
    found = dict(PROOFS)
    if settings.ENGINE == "acestep" or settings.ACESTEP_DIR:
        found["Weights"] = weights_problems
    if settings.LLM_URL or settings.LLM_MODEL:
        found["Language model"] = language_model_problems
    return found


class Command(BaseCommand):
    help = "Checks everything that the server needs and stores; exits with 1 if it finds a problem."
    requires_system_checks = []  # the checks below also report wrong settings and a missing database

    def handle(self, *args: Any, **options: Any) -> None:
        wrong: set[str] = set()
        for name, problems_of in (SURROUNDINGS | proofs()).items():
            if away := READS.get(name, {"Database"}) & wrong:
                self.stdout.write(f"{name}: not checked ({', '.join(sorted(away))}).")
            elif self._tell(name, problems_of()):
                wrong.add(name)
            self.stdout.flush()
        if wrong:
            raise SystemExit(1)

    def _tell(self, name: str, problems: list[str]) -> bool:
        """Print the result, and return whether there are problems."""
        self.stdout.write(f"{name}: {f'{len(problems)} wrong' if problems else 'in order'}.")
        for sentence in problems:
            self.stdout.write(f"  {sentence}")
        return bool(problems)
