"""`manage.py models [list|check|path]`: the weights of the neural engine on this machine."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from audiomusic.engines.acestep.folder import (
    FolderFacts,
    WeightsError,
    folder_problems,
    missing_packages,
    other_variants,
    planners_beside,
    quantization_problems,
    read_folder,
)
from audiomusic.engines.acestep.layouts.detect import LAYOUT_NAMES, VARIANT_SETTING
from audiomusic.engines.acestep.layouts.official import REPOSITORY
from audiomusic.engines.base import EngineError
from audiomusic.engines.registry import make_engine
from audiomusic.http.safe_http import masked_url
from jobs.drafts.language_model import language_model_options
from presets.models import Adapter

ACTIONS = ("list", "check", "path")
DEFAULT_FOLDER = "weights"  # in the data folder

#: Ready-made downloads: (repository, description, size on disk).
DOWNLOADS = (
    (REPOSITORY, "2B turbo in ACE-Step's own layout, with the 1.7B language model", "10 GB"),
    ("Runware/acestep-v15-turbo-diffusers", "2B turbo alone: the smallest", "6.3 GB"),
    ("ACE-Step/acestep-v15-xl-turbo-diffusers", "XL turbo", "11 GB"),
    ("ACE-Step/acestep-v15-xl-sft-diffusers", "XL sft: guided, 50 steps", "as large"),
    ("ACE-Step/acestep-v15-xl-base-diffusers", "XL base: also works on single tracks", "as large"),
)


class Command(BaseCommand):
    help = "Lists and checks the ACE-Step weights, and says how to get them."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", nargs="?", choices=ACTIONS, default="list")
        parser.add_argument("--quick", action="store_true", help="check: read only the headers of the files")

    def handle(self, *args: Any, action: str, quick: bool, **options: Any) -> None:
        {"list": self._list, "check": lambda: self._check(quick), "path": self._path}[action]()

    def _say(self, *lines: str) -> None:
        for line in lines:
            self.stdout.write(line)

    def _list(self) -> None:
        self._say(f"Engine: {settings.ENGINE}.", f"Folder: {settings.ACESTEP_DIR or 'none is set'}.")
        try:
            facts = read_folder(settings.ACESTEP_DIR, settings.ACESTEP_VARIANT)
        except WeightsError as error:
            self._say(str(error), "Run `manage.py models path` to see how to get weights.")
        else:
            self._tell(facts)
        self._say(f"Language model: {settings.ACESTEP_PLANNER_DIR or 'none is set; the studio plans'}.")
        self._say(f"Writes the words: {_words_writer()}.")
        for adapter in Adapter.objects.all():
            state = "" if adapter.is_active else " (switched off)"
            self._say(f"Adapter {adapter.name}: {adapter.folder}{state}.")

    def _tell(self, facts: FolderFacts) -> None:
        variant = facts.variant
        self._say(
            f"Weights: {variant.name}, {facts.byte_count / 1e9:.1f} GB, {facts.name} in "
            f"{LAYOUT_NAMES[facts.layout]}.",
            f"Makes {', '.join(variant.tasks)}.",
            f"Unless asked otherwise: {variant.steps} steps, guidance {variant.guidance_scale:g}, "
            f"shift {variant.shift:g}.",
            f"Audio tokenizer, for covers: {'there' if facts.has_audio_tokens else 'missing'}.",
            f"Number format: {settings.ACESTEP_DTYPE}; {_quantization()}.",
        )
        if others := other_variants(settings.ACESTEP_DIR, facts):
            self._say(f"Also there, by {VARIANT_SETTING}: {', '.join(others)}.")
        self._say(*facts.notes)
        if not settings.ACESTEP_PLANNER_DIR:
            for path in planners_beside(facts):
                self._say(f"There is a language model: AUDIOMUSIC_ACESTEP_PLANNER_DIR={path} uses it.")

    def _check(self, quick: bool) -> None:
        problems = _package_problems() + folder_problems(settings.ACESTEP_DIR, settings.ACESTEP_VARIANT)
        engine = make_engine("acestep", compiled="off")
        if not problems and not quick:
            problems = _loading_problems(engine)
        self._say(*problems)
        if problems:
            raise SystemExit(1)
        if (loaded := engine.facts()).get("quantization") == "int8":
            gigabytes = loaded["memory_bytes"] / 1e9
            self._say(f"They are loaded as 8-bit weights and take {gigabytes:.1f} GB.")
        self._say("The weights are in order." if quick else "The weights load and are in order.")

    def _path(self) -> None:
        named = "" if Path(settings.ACESTEP_DIR).is_file() else settings.ACESTEP_DIR
        folder = named or str(settings.DATA_DIR / DEFAULT_FOLDER)
        self._say("1. Install the engine's dependencies:", "     make acestep")
        self._say("2. Download one of these into a folder (each has its own licence; read it there):")
        for repository, what, size in DOWNLOADS:
            place = folder if named else f"{folder}/{Path(repository).name}"
            self._say(
                f"     # {what}, {size}", f"     .venv/bin/hf download {repository} --local-dir {place}"
            )
        self._say(
            "   Any layout is read as it is: ACE-Step's checkpoints folder too, a Hugging Face cache, and",
            "   ComfyUI's single file with the tokenizer beside it; set the path of that file.",
            "3. Set the folder, in .env or the environment:",
            f"     AUDIOMUSIC_ACESTEP_DIR={named or f'{folder}/acestep-v15-turbo-diffusers'}",
            "4. Optionally, download the 5 Hz language model, which plans better than the studio:",
            f"     .venv/bin/hf download ACE-Step/acestep-5Hz-lm-0.6B --local-dir {folder}-planner",
            f"     AUDIOMUSIC_ACESTEP_PLANNER_DIR={settings.ACESTEP_PLANNER_DIR or f'{folder}-planner'}",
            "5. Check them:",
            "     .venv/bin/python manage.py models check",
        )


def _words_writer() -> str:
    """Return the name of the writer for songs without lyrics. It sends no request; `doctor` does."""
    options = language_model_options()
    return f"{options.model} at {masked_url(options.url)}" if options else "the built-in writer"


def _package_problems() -> list[str]:
    missing = missing_packages()
    packages = [f"Not installed: {', '.join(missing)}. Run `make acestep`."] if missing else []
    return packages + quantization_problems(settings.ACESTEP_QUANTIZATION)


def _quantization() -> str:
    """Describe the setting for 8-bit weights."""
    meanings = {
        "auto": "weights of 8 bits only where a card holds these in no way",
        "none": "no weights of 8 bits",
        "int8": "weights of 8 bits",
    }
    return meanings.get(settings.ACESTEP_QUANTIZATION, repr(settings.ACESTEP_QUANTIZATION))


def _loading_problems(engine: Any) -> list[str]:
    """Return the problems of loading everything that the engine needs, as a worker does."""
    try:
        engine.model, engine.planner  # noqa: B018 (both load on first use)
    except EngineError as error:  # users see no more, but this terminal is the operator's
        return [f"{error} {error.__cause__ or ''}".strip()]
    except MemoryError as error:
        raise CommandError(f"The weights do not fit into memory: {error}") from error
    return []
