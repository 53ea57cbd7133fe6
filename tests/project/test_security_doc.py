"""docs/security.md names only tests that exist, and names some for every risk."""

import ast
import re

import pytest

from audiomusic.devtools.scratch_server import ROOT

DOC = (ROOT / "docs" / "security.md").read_text()
NAMED = re.findall(r"`(test_\w+)::(test_\w+)`", DOC)


def functions_of(module):
    """Return the functions of every test file with that name."""
    trees = [ast.parse(path.read_text()) for path in (ROOT / "tests").rglob(f"{module}.py")]
    return {node.name for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("module", sorted({module for module, _ in NAMED}))
def test_every_test_it_names_exists(module):
    assert {test for each, test in NAMED if each == module} <= functions_of(module)


@pytest.mark.parametrize("number", range(1, 11))
def test_every_risk_has_its_row_and_its_tests(number):
    [row] = re.findall(rf"^\| API{number} .*$", DOC, re.M)
    assert re.search(r"`test_\w+::test_\w+`", row)


def test_the_readme_leads_there():
    assert "(docs/security.md)" in (ROOT / "README.md").read_text()
