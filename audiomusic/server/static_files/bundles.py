"""Style sheets and script modules put together where static files are collected: a page asks for one file of
a kind, where development has one for each room.

An entry, such as `library/app.js`, is named in templates as any file. Its collected copy holds what it
imports, module by module; the sources stay as they are, so nothing has to be built to work on them. What only
one page needs is a page script: an entry that imports from its base what the base holds already, so that
no module is sent or run twice.

Looked at first: the bundlers that PyPI offers as wheels only transform single files, or fetch a compiler at
run time. So this reads the plain form that our own modules have, and refuses every other with a sentence.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping

#: What single pages name beside `library/app.js`, which every page of a signed-in user names.
PAGE_SCRIPTS: Mapping[str, str] = dict.fromkeys(
    (
        "library/compare.js", "library/create.js", "library/mixer.js", "library/notation.js",
        "library/playlist_page.js", "library/score.js", "library/stretch.js", "library/uploads.js",
    ),
    "library/app.js",
)  # fmt: skip
#: What pages name, and what is collected as one file.
ENTRIES = (
    "site/site.css", "library/app.css", "library/app.js", "library/shared.js",
    "site/staff.css", "site/admin.js", *PAGE_SCRIPTS,
)  # fmt: skip

Read = Callable[[str], str]  # name below the static root -> its text

_IMPORT = re.compile(r'^import\s+(?:\{([^}]*)\}\s+from\s+)?"(\.{1,2}/[^"]+)";[ \t]*$', re.MULTILINE)
_EXPORT = re.compile(r"^export\s+(?=(?:async\s+function|function|class|const)\s+(\w+))", re.MULTILINE)
_OTHER_FORM = re.compile(r"^(?:import|export)\b.*|\bimport\s*\(.*", re.MULTILINE)
#: Comments that stand on lines of their own: a fifth of what would be sent.
_COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*.*?\*/)[ \t]*\n", re.MULTILINE | re.DOTALL)
_CSS_IMPORT = re.compile(r'^@import "([^"]+)";[ \t]*\n?', re.MULTILINE)
_CSS_URL = re.compile(r"""url\((["']?)(?!data:|#|/|[a-z]+:)([^"')]+)\1\)""")


class BundleError(Exception):
    """A file is not in the form that can be put together; the text names it."""


def bundle(entry: str, read: Read, page_scripts: Mapping[str, str] = PAGE_SCRIPTS) -> str:
    """The entry with what it imports; of a page script, what its base does not hold. Raises BundleError."""
    if entry.endswith(".css"):
        text = _style_sheet(entry, read)
    elif base := page_scripts.get(entry):
        text = _page_script(entry, base, read)
    else:
        text = _Scripts(read).bundle(entry)
        if wanted := _wanted_of(entry, read, page_scripts):
            text += f"\nexport {{ {', '.join(wanted)} }};\n"
    return _COMMENT.sub("", text)


def _page_script(entry: str, base: str, read: Read) -> str:
    scripts = _Scripts(read, held=_held_by(base, read))
    text = scripts.bundle(entry)
    names = ", ".join(map(_variable, sorted(scripts.borrowed)))
    address = posixpath.relpath(base, posixpath.dirname(entry) or ".")
    return f'import {{ {names} }} from "./{address}";\n{text}' if names else text


def _wanted_of(base: str, read: Read, page_scripts: Mapping[str, str]) -> list[str]:
    """What the page scripts of this base take from it."""
    entries = [entry for entry, its_base in page_scripts.items() if its_base == base]
    held = _held_by(base, read) if entries else frozenset()
    borrowed: set[str] = set()
    for entry in entries:
        scripts = _Scripts(read, held)
        scripts.bundle(entry)
        borrowed |= scripts.borrowed
    return sorted(map(_variable, borrowed))


def _held_by(base: str, read: Read) -> frozenset[str]:
    scripts = _Scripts(read)
    scripts.bundle(base)
    return frozenset(scripts.state)


def _style_sheet(entry: str, read: Read) -> str:
    """Its `@import "x.css";` lines, each replaced by the file, whose addresses lead on to where they led."""
    folder = posixpath.dirname(entry)

    def embedded(match: re.Match[str]) -> str:
        name = _resolve(entry, match[1])
        text = _style_sheet(name, read)
        there = posixpath.relpath(posixpath.dirname(name), folder or ".")
        return _CSS_URL.sub(lambda url: f'url("{posixpath.normpath(posixpath.join(there, url[2]))}")', text)

    return _CSS_IMPORT.sub(embedded, read(entry))


class _Scripts:
    """Each module becomes a function that is called once and returns what the module exports: names that two
    modules both use stay apart. A module stands behind those that it imports."""

    def __init__(self, read: Read, held: frozenset[str] = frozenset()) -> None:
        self.read = read
        self.held = held  # by a base, which is asked for them
        self.borrowed: set[str] = set()
        self.done: list[str] = []  # modules in their order, as text
        self.state: dict[str, bool] = {}  # module -> whether it is whole; False: on the way

    def bundle(self, entry: str) -> str:
        body, _ = self._module(entry)
        return "\n".join([*self.done, body])

    def _module(self, name: str) -> tuple[str, list[str]]:
        """Its text without imports and exports, and the names that it exports."""
        text = self.read(name)
        text = _IMPORT.sub(lambda match: self._imported(name, match), text)
        exported = _EXPORT.findall(text)
        text = _EXPORT.sub("", text)
        if other := _OTHER_FORM.search(text):
            raise BundleError(f"Expected imports and exports by name in {name}, got: {other[0][:80]}")
        return text, exported

    def _imported(self, importer: str, match: re.Match[str]) -> str:
        name = _resolve(importer, match[2])
        if name in self.held:
            self.borrowed.add(name)
        else:
            self._add(name, importer)
        names = " ".join((match[1] or "").replace(" as ", ": ").split())
        return f"const {{ {names} }} = {_variable(name)};" if names else ""

    def _add(self, name: str, importer: str) -> None:
        if name in self.state:
            if not self.state[name]:
                raise BundleError(f"Expected modules without a circle, got {importer}, which imports {name}.")
            return
        self.state[name] = False
        body, exported = self._module(name)
        returned = f"return {{ {', '.join(exported)} }};"
        self.done.append(f"const {_variable(name)} = (() => {{\n{body}\n{returned}\n}})();")
        self.state[name] = True


def _variable(name: str) -> str:
    return "$" + re.sub(r"\W", "_", name.removesuffix(".js"))


def _resolve(name: str, relative: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), relative))
