"""`.ci/audit.py`: a known vulnerability or a broken check fails `make lint`; an unreachable service
passes."""

import importlib.util
import json
import sys

import pytest

from audiomusic.devtools.scratch_server import ROOT

spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
audit = importlib.util.module_from_spec(spec)
spec.loader.exec_module(audit)

SOUND = {"name": "mido", "version": "1.3.3", "vulns": []}
UNKNOWN = {"name": "torch", "skip_reason": "Dependency not found"}
HOLE = {"id": "PYSEC-2031-1", "fix_versions": ["2.0"], "aliases": ["CVE-2031-7"], "description": "…"}
BROKEN = {"name": "yamlish", "version": "1.0", "vulns": [HOLE]}


def answering(text, code=0, said=""):
    """Return a command that stands in for pip-audit."""
    script = f"import sys; print({text!r}); print({said!r}, file=sys.stderr); sys.exit({code})"
    return (sys.executable, "-c", script)


def test_a_known_hole_fails_and_says_what_mends_it():
    found = audit.ask(answering(json.dumps({"dependencies": [SOUND, BROKEN]}), code=1))
    code, lines = audit.judge(*found)
    assert code == 1
    assert lines == [
        "yamlish 1.0: PYSEC-2031-1, mended in 2.0 (CVE-2031-7)",
        "2 packages checked: 1 known holes.",
    ]


def test_no_hole_is_no_failure():
    assert audit.judge({"dependencies": [SOUND]}, "") == (0, ["1 packages checked: no known holes."])


@pytest.mark.parametrize("name", ["PYSEC-2031-1", "CVE-2031-7"])
def test_a_hole_that_does_not_matter_here_is_accepted_by_name(monkeypatch, name):
    monkeypatch.setattr(audit, "ACCEPTED", {name: "We do not parse YAML."})
    assert audit.judge({"dependencies": [BROKEN]}, "")[0] == 0


def test_a_service_that_is_away_is_said_in_a_line_and_no_failure():
    found = audit.ask(answering("", code=1, said="ERROR: could not connect"))
    code, [line] = audit.judge(*found)
    assert code == 0
    assert line.startswith("Dependencies were NOT checked") and "could not connect" in line


def test_a_service_that_never_answers_is_left(monkeypatch):
    monkeypatch.setattr(audit, "TIMEOUT_S", 0.05)
    found, complaint = audit.ask((sys.executable, "-c", "import time; time.sleep(60)"))
    assert found is None and "no answer within" in complaint


def test_what_the_service_does_not_know_is_named():
    code, lines = audit.judge({"dependencies": [SOUND, UNKNOWN]}, "")
    assert code == 0 and lines[-1].endswith("does not know them: torch.")
    code, [line] = audit.judge({"dependencies": [UNKNOWN]}, "")
    assert code == 0 and line.startswith("Dependencies were NOT checked")


@pytest.mark.parametrize(
    "said",
    [
        "/usr/bin/python: No module named pip_audit",
        "KeyError: 'aliases'",
        "requests.exceptions.SSLError: CERTIFICATE_VERIFY_FAILED: Max retries; ConnectionError",
    ],
)
def test_a_check_that_fails_for_another_reason_fails_closed(said):
    code, [line] = audit.judge(*audit.ask(answering("", code=1, said=said)))
    assert code == 2
    assert line.startswith("Dependencies were NOT checked: the check itself failed")


def test_an_answer_with_an_exit_code_that_no_hole_explains_fails_closed():
    found = audit.ask(answering(json.dumps({"dependencies": [SOUND]}), code=1, said="boom"))
    assert audit.judge(*found)[0] == 2


def test_a_list_without_any_package_fails_closed():
    assert audit.judge({"dependencies": []}, "")[0] == 2


def test_a_package_that_the_service_does_not_know_beside_others_fails_closed():
    stranger = {"name": "tourch", "skip_reason": "Dependency not found"}
    assert audit.judge({"dependencies": [SOUND, stranger]}, "")[0] == 2


@pytest.mark.parametrize("found", [None, {"dependencies": [UNKNOWN]}])
def test_where_a_check_is_required_none_is_a_failure(monkeypatch, found):
    monkeypatch.setenv("AUDIOMUSIC_AUDIT", "required")
    assert audit.judge(found, "could not connect")[0] == 3


def test_what_was_not_checked_is_said_in_a_banner(monkeypatch, capsys):
    monkeypatch.setenv("AUDIOMUSIC_AUDIT", "off")
    assert audit.main() == 0
    first, said, last = capsys.readouterr().out.splitlines()
    assert first == last == "!" * 100
    assert said == "!!! Dependencies were NOT checked: AUDIOMUSIC_AUDIT is off."


def test_a_word_that_is_no_mode_is_refused(monkeypatch, capsys):
    monkeypatch.setenv("AUDIOMUSIC_AUDIT", "of")
    assert audit.main() == 2
    assert "got 'of'" in capsys.readouterr().out


def test_lint_asks():
    assert ".ci/audit.py" in (ROOT / "Makefile").read_text()
