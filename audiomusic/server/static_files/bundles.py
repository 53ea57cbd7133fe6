"""Bundles of style sheets and script modules, created when static files are collected: a page requests one
file of each kind, where development has many.

Templates name an entry, such as `library/app.js`, like any other file. Its collected copy contains all
modules that it imports; the sources do not change, so development needs no build step. Code that only one
page needs is a page script: an entry that imports from its base what the base already contains, so no module
is sent or run twice.

Alternatives: the bundlers that PyPI has as wheels only transform single files, or download a compiler at run
time. So this module reads only the simple form that our own modules use, and refuses any other with an error.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping

#: The scripts of single pages -> their base. Every page of a signed-in user loads `library/app.js`.
PAGE_SCRIPTS: Mapping[str, str] = dict.fromkeys(
    (
        "library/compare.js", "library/create.js", "library/mixer.js", "library/notation.js",
        "library/playlist_page.js", "library/score.js", "library/stretch.js", "library/uploads.js",
    ),
    "library/app.js",
)  # fmt: skip
#: The files that pages load, each collected as one bundle.
ENTRIES = (
    "site/site.css", "library/app.css", "library/app.js", "library/shared.js",
    "site/staff.css", "site/admin.js", *PAGE_SCRIPTS,
)  # fmt: skip

Read = Callable[[str], str]  # name below the static root -> content

_IMPORT = re.compile(r'^import\s+(?:\{([^}]*)\}\s+from\s+)?"(\.{1,2}/[^"]+)";[ \t]*$', re.MULTILINE)
_EXPORT = re.compile(r"^export\s+(?=(?:async\s+function|function|class|const)\s+(\w+))", re.MULTILINE)
_OTHER_FORM = re.compile(r"^(?:import|export)\b.*|\bimport\s*\(.*", re.MULTILINE)
#: Comments on lines of their own, which are a fifth of the bytes.
_COMMENT = re.compile(r"^[ \t]*(?://[^\n]*|/\*.*?\*/)[ \t]*\n", re.MULTILINE | re.DOTALL)
_CSS_IMPORT = re.compile(r'^@import "([^"]+)";[ \t]*\n?', re.MULTILINE)
_CSS_URL = re.compile(r"""url\((["']?)(?!data:|#|/|[a-z]+:)([^"')]+)\1\)""")


class BundleError(Exception):
    """A file does not have a form that can be bundled; the message names it."""


def bundle(entry: str, read: Read, page_scripts: Mapping[str, str] = PAGE_SCRIPTS) -> str:
    """Return the entry with its imports; a page script omits what its base contains. Raises BundleError."""
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
    """Return the names that the page scripts of this base import from it."""
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
    """Return the style sheet with each `@import "x.css";` line replaced by that file, whose URLs are
    adjusted.
    """
    folder = posixpath.dirname(entry)

    def embedded(match: re.Match[str]) -> str:
        name = _resolve(entry, match[1])
        text = _style_sheet(name, read)
        there = posixpath.relpath(posixpath.dirname(name), folder or ".")
        return _CSS_URL.sub(lambda url: f'url("{posixpath.normpath(posixpath.join(there, url[2]))}")', text)

    return _CSS_IMPORT.sub(embedded, read(entry))


class _Scripts:
    """Turns each module into a function that is called once and returns the module's exports, so two modules
    can use the same name. A module follows the modules that it imports.
    """

    def __init__(self, read: Read, held: frozenset[str] = frozenset()) -> None:
        self.read = read
        self.held = held  # modules that a base contains, from which they are imported
        self.borrowed: set[str] = set()
        self.done: list[str] = []  # the text of the modules, in order
        self.state: dict[str, bool] = {}  # module -> whether it is complete; False while it is being read

    def bundle(self, entry: str) -> str:
        body, _ = self._module(entry)
        return "\n".join([*self.done, body])

    def _module(self, name: str) -> tuple[str, list[str]]:
        """Return a module's text without imports and exports, and the names that it exports."""
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
