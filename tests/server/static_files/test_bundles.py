"""Pages request one file per kind: entry files are collected together with everything they import."""

import re

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage

from audiomusic.server.static_files.bundles import ENTRIES, PAGE_SCRIPTS, BundleError, bundle
from audiomusic.server.static_files.storage import HashedStorage

STATIC = settings.BASE_DIR / "static"
SHARED = {
    "app__js": 'import { a } from "./a.js";\na();',
    "a__js": "export function a() {}",
    "page__js": 'import { a } from "./a.js";\nimport { own } from "./own.js";\nown(a);',
    "own__js": 'import { a } from "./a.js";\nexport const own = a;',
}
#: The start of a page script, and the end of its base.
IMPORTED = re.compile(r'import \{ ([^}]*) \} from "\./app\.js";\n')
EXPORTED = re.compile(r"\nexport \{ ([^}]*) \};\n\Z")


def read(name):
    return (STATIC / name).read_text()


def made(entry, page_scripts=PAGE_SCRIPTS, **files):
    """Bundle an entry from these files: `a__js` is named "a.js"."""
    read = {name.replace("__", "."): text for name, text in files.items()}.__getitem__
    return bundle(entry, read, page_scripts)


def test_modules_come_once_and_before_those_that_need_them():
    text = made(
        "app.js",
        app__js='import { b } from "./b.js";\nimport {\n  a as first,\n} from "./a.js";\nb(first);',
        b__js='import { a } from "./a.js";\nconst own = 1;\nexport function b() { return a + own; }',
        a__js="const own = 2;\nexport const a = own;",
    )
    assert text.count("const own = 2") == 1
    assert text.index("const $a") < text.index("const $b") < text.index("b(first)")
    assert "const { a: first, } = $a;" in text and "return { b };" in text
    assert not re.search(r"^(import|export)", text, re.MULTILINE)


@pytest.mark.parametrize(
    "text",
    ["export default 1;", "export { a };", "export let a = 1;", 'import * as a from "./a.js";',
     'const a = import("./a.js");', 'import "./app.js";'],
)  # fmt: skip
def test_what_it_cannot_put_together_is_refused(text):
    with pytest.raises(BundleError, match=r"^Expected .*app\.js"):
        made("app.js", app__js=text)


def test_a_page_script_asks_its_base_for_what_that_holds():
    page, app = (made(entry, {"page.js": "app.js"}, **SHARED) for entry in ("page.js", "app.js"))
    assert page.startswith('import { $a } from "./app.js";\n')
    assert "function a()" not in page and "const { a } = $a;" in page and "const $own = " in page
    assert app.endswith("export { $a };\n") and "$own" not in app


def test_a_script_that_no_page_script_leans_on_exports_nothing():
    assert "export" not in made("app.js", {}, **SHARED)


def test_style_sheets_keep_their_order_and_their_addresses():
    files = {
        "library/app.css": '@import "rows.css";\n@import "../site/base.css";\nb {}',
        "library/rows.css": "a {}",
        "site/base.css": '@font-face { src: url("fonts/a.woff2"), url(data:x) }',
    }
    text = bundle("library/app.css", files.__getitem__)
    assert text.index("a {}") < text.index("@font-face") < text.index("b {}")
    assert 'url("../site/fonts/a.woff2"), url(data:x)' in text


def test_the_pages_own_are_collected_whole(tmp_path):
    source = FileSystemStorage(STATIC)
    names = [path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*.*s")]
    storage = HashedStorage(location=tmp_path, base_url="/static/")
    paths = storage._bundled({name: (source, name) for name in names})
    assert set(paths) == set(ENTRIES)
    for entry in ENTRIES:
        text = (tmp_path / entry).read_text()
        head, tail = IMPORTED.match(text), EXPORTED.search(text)
        whole = text[head.end() if head else 0 : tail.start() if tail else None]
        assert not re.search(r"^(@import|import|export)\b", whole, re.MULTILINE)
        assert bool(head) == (entry in PAGE_SCRIPTS) and bool(tail) == (entry in PAGE_SCRIPTS.values())
    assert "class Player" in (tmp_path / "library/app.js").read_text()


def test_what_the_page_scripts_ask_for_is_exported():
    exported = EXPORTED.search(bundle("library/app.js", read))[1].split(", ")
    asked = [IMPORTED.match(bundle(script, read))[1].split(", ") for script in PAGE_SCRIPTS]
    assert sorted(exported) == sorted({name for names in asked for name in names})
    assert len(exported) == len(set(exported))


def test_what_every_page_loads_stays_small():
    """Code that only one page needs belongs in a page script; `bench pages` counts the bytes sent."""
    assert len(bundle("library/app.js", read)) < 115_000


@pytest.mark.parametrize("script", PAGE_SCRIPTS)
def test_a_page_script_is_named_inside_main_and_not_held_by_the_rest(script):
    """A swapped-in page brings what is in `main` with it; what every page loads stays small."""
    templates = [*(settings.BASE_DIR / "templates/library").rglob("*.html")]
    named = [file.name for file in templates if f"{{% static '{script}' %}}" in file.read_text()]
    assert len(named) == 1 and "base.html" not in named
    offered = re.search(r"^offer\(.*", read(script), re.MULTILINE)[0]
    assert offered not in bundle("library/app.js", read) and offered in bundle(script, read)


def test_its_address_carries_the_hash_of_the_base(tmp_path):
    source = tmp_path / "source"
    for name in ("app.js", "page.js"):
        file = source / "library" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(made(name, {"page.js": "app.js"}, **SHARED))
    files = FileSystemStorage(source)
    storage = HashedStorage(location=tmp_path / "static", base_url="/static/")
    names = ("library/app.js", "library/page.js")
    for name in names:
        with files.open(name) as file:
            storage._save(name, file)
    list(super(HashedStorage, storage).post_process({name: (files, name) for name in names}))
    app, page = (storage.stored_name(name) for name in names)
    text = (tmp_path / "static" / page).read_text()
    assert text.startswith(f'import {{ $a }} from "./{app.removeprefix("library/")}";')
