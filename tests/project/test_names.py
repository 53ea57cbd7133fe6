"""Folders and names: folders small enough to survey, one class for each name, standard terms."""

import ast
import re
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

from audiomusic.devtools.scratch_server import ROOT

ROOMS = ("audiomusic", "jobs", "library", "presets")
MAX_MODULES = 15
LOOSE = {"__init__", "settings", "urls", "wsgi", "apps", "checks", "integrity", "admin"}

#: Words of an older dialect and their replacements; no module or class may use them in its name.
WORDS = {
    "among": "id_list",
    "beats": "heartbeat",
    "deed": "action",
    "deeds": "actions",
    "doors": "login_throttle",
    "ends": "lifecycle",
    "folding": "normalize",
    "leftover": "orphan",
    "leftovers": "orphans",
    "making": "claims",
    "moments": "periods",
    "outbound": "safe_http",
    "patient": "buffered",
    "prepared": "compiled",
    "proof": "integrity",
    "proofs": "integrity",
    "quick": "read_only",
    "readers": "validators",
    "remembered": "idempotent",
    "sameness": "determinism",
    "scratch": "scratch_server",
    "sitter": "demo_data",
    "surroundings": "health",
    "tallies": "counts",
    "tally": "count",
    "tagging": "tags",
    "torment": "faults",
    "wishes": "params",
}
#: The same for every function, argument, variable and attribute. A wish is what a caption asks for.
NAME_WORDS = {
    "anew": "again",
    "deed": "action",
    "deeds": "actions",
    "hark": "listen",
    "leftover": "orphan",
    "leftovers": "orphans",
    "lest": "so that no",
    "sitter": "user",
    "tallies": "counts",
    "tally": "count",
    "told": "said, shown, sent, found",
    "whoever": "anyone who",
}
#: Words that no docstring, comment, page or document may use.
PROSE_WORDS = {
    "anew": "again",
    "deed": "action",
    "hark": "listen",
    "lest": "so that no",
    "nobody else": "no one else",
    "whoever": "anyone who",
    "whosoever": "anyone who",
}
#: Names in which such a word is right.
ALLOWED = {"scratch_server", "ScratchServer", "wishes"}  # what a caption wishes for is no parameter
#: Names that the frameworks themselves use many times.
FRAMEWORK = {"Command", "Migration", "Meta"}


@cache
def files(*folders):
    return [
        path
        for folder in folders
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "migrations" not in path.parts and "__pycache__" not in path.parts
    ]


@cache
def names_of(path):
    """Return (its classes, every name in it). Several tests read the same files; no tree is kept."""
    tree = ast.parse(path.read_text())
    return [node.name for node in tree.body if isinstance(node, ast.ClassDef)], set(names_in(tree))


def top_classes(path):
    return names_of(path)[0]


@cache
def words_of(name):
    """Split LoginThrottle, and login_throttle too, into login and throttle."""
    spaced = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)
    return {word for word in spaced.split("_") if word}


def old_words(name):
    return set() if name in ALLOWED else words_of(name) & WORDS.keys()


def test_a_public_class_has_its_name_alone():
    homes = defaultdict(list)
    for path in files(*ROOMS):
        if "commands" in path.parts:
            continue
        for name in top_classes(path):
            if not name.startswith("_") and name not in FRAMEWORK:
                homes[name].append(str(path.relative_to(ROOT)))
    assert not {name: paths for name, paths in homes.items() if len(paths) > 1}


def test_no_module_and_no_class_is_called_by_the_old_words():
    found = {}
    for path in files(*ROOMS):
        for name in [path.stem, *top_classes(path)]:
            for word in old_words(name):
                found[f"{path.relative_to(ROOT)}: {name}"] = f"say {WORDS[word]}"
    assert not found


def names_in(tree):
    """Yield every name that the code defines or uses."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case (
                ast.arg(arg=name) | ast.Name(id=name) | ast.Attribute(attr=name) | ast.keyword(arg=str(name))
            ):
                yield name


def said_in(text):
    """Return the old words in a text, one for each occurrence."""
    pattern = rf"\b(?:{'|'.join(PROSE_WORDS)})\b"
    return [found[0].lower() for found in re.finditer(pattern, text, re.IGNORECASE)]


def test_no_function_and_no_variable_is_called_by_the_old_words():
    found = {}
    for path in files(*ROOMS):
        for name in names_of(path)[1]:
            for word in words_of(name.lower() if name.isupper() else name) & NAME_WORDS.keys():
                found[f"{path.relative_to(ROOT)}: {name}"] = f"say {NAME_WORDS[word]}"
    assert not found


def test_no_text_says_the_old_words():
    pages = sorted((ROOT / "templates").rglob("*.html"))
    documents = [*sorted((ROOT / "docs").glob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
    found = {}
    for path in [*files(*ROOMS), *pages, *documents]:
        for word in said_in(path.read_text()):
            found[f"{path.relative_to(ROOT)}: {word}"] = f"say {PROSE_WORDS[word]}"
    assert not found


def test_old_names_and_words_are_found():
    tree = ast.parse("def tell(tallies, *, is_told=True): self.deeds(whoever=1)")
    assert [name for name in names_in(tree) if words_of(name) & NAME_WORDS.keys()] != []
    assert {"tallies", "is_told", "deeds", "whoever"} <= set(names_in(tree))
    assert said_in("Whoever comes is counted anew, and nobody else.") == ["whoever", "anew", "nobody else"]


@pytest.mark.parametrize("name", ["JobTally", "leftovers", "RememberedAnswer"])
def test_an_old_word_is_found(name):
    assert old_words(name)


def test_no_folder_has_too_many_modules():
    counts = defaultdict(int)
    for path in files(*ROOMS):
        if path.stem != "__init__":
            counts[str(path.parent.relative_to(ROOT))] += 1
    assert not {folder: count for folder, count in counts.items() if count > MAX_MODULES}


def test_nothing_lies_loose_in_the_project_folder():
    assert not [path.stem for path in Path(ROOT / "audiomusic").glob("*.py") if path.stem not in LOOSE]
