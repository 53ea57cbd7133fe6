"""`manage.py doctor`: proves that what is kept twice says the same both times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from audiomusic.accounts.ledger import ledger_problems
from audiomusic.checks import weights_problems
from jobs.file_proof import file_problems
from jobs.proofs import job_problems, webhook_problems
from jobs.search_proof import text_problems
from library.proofs import reaction_problems
from library.tallies import tallies_problems

PROOFS: dict[str, Callable[[], list[str]]] = {
    "Credits": ledger_problems,
    "Files": file_problems,
    "Jobs": job_problems,
    "Likes": reaction_problems,
    "Tallies": tallies_problems,
    "Texts": text_problems,
    "Webhooks": webhook_problems,
}


def proofs() -> dict[str, Callable[[], list[str]]]:
    """The proofs that apply here: weights only where the settings ask for any."""
    wanted = settings.ENGINE == "acestep" or settings.ACESTEP_DIR
    return {**PROOFS, "Weights": weights_problems} if wanted else PROOFS


class Command(BaseCommand):
    help = "Compares what is kept twice, row by row; exits with 1 when something is wrong."

    def handle(self, *args: Any, **options: Any) -> None:
        count = 0
        for name, problems_of in proofs().items():
            problems = problems_of()
            count += len(problems)
            self.stdout.write(f"{name}: {f'{len(problems)} wrong' if problems else 'in order'}.")
            for sentence in problems:
                self.stdout.write(f"  {sentence}")
            self.stdout.flush()
        if count:
            raise SystemExit(1)
