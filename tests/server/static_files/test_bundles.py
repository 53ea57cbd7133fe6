"""Pages ask for one file of a kind: entries are collected with all that they import."""

import re

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage

from audiomusic.server.static_files.bundles import ENTRIES, BundleError, bundle
from audiomusic.server.static_files.storage import HashedStorage

STATIC = settings.BASE_DIR / "static"


def made(entry, **files):
    """The entry put together of these files: `a__js` is named "a.js"."""
    return bundle(entry, {name.replace("__", "."): text for name, text in files.items()}.__getitem__)


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
        assert not re.search(r"^(@import|import|export)\b", text, re.MULTILINE)
    assert "class Player" in (tmp_path / "library/app.js").read_text()
