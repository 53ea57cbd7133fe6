"""`make sbom`: what the server is made of, in a form that CycloneDX's own schema accepts."""

import json
import subprocess
import sys

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from audiomusic.devtools.scratch_server import ROOT


@pytest.fixture(scope="module")
def text():
    done = subprocess.run([sys.executable, ".ci/sbom.py"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_holds_to_the_schema(text):
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_a_list_that_does_not_is_noticed(text):
    broken = json.loads(text)
    del broken["components"][0]["type"]
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(broken)) is not None


def test_it_names_what_runs_and_nothing_else(text):
    bill = json.loads(text)
    names = {component["name"].lower(): component for component in bill["components"]}
    assert bill["metadata"]["component"]["name"] == "AudioMusic"
    assert {"django", "torch", "numpy", "espeakng-loader", "asgiref", "django-htmx"} <= set(names)
    assert names["django"]["purl"] == f"pkg:pypi/django@{names['django']['version']}"
    assert not {"pytest", "ruff", "mypy", "playwright", "moto", "cyclonedx-bom"} & set(names)


def test_every_requirement_is_what_the_product_depends_on(text):
    bill = json.loads(text)
    [direct] = [each["dependsOn"] for each in bill["dependencies"] if each["ref"] == "audiomusic"]
    refs = {component["bom-ref"] for component in bill["components"]}
    assert set(direct) <= refs
    assert {ref.partition("==")[0].lower() for ref in direct} >= {"django", "torch", "django-htmx"}
    assert not [ref for ref in refs if ref.startswith("vendored")]
