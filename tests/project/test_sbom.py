"""`make sbom`: the server's components, as a document that CycloneDX's own schema accepts."""

import json
import subprocess
import sys
from importlib.resources import files

import jsonschema_rs
import pytest

from audiomusic.devtools.scratch_server import ROOT

SCHEMAS = files("cyclonedx.schema") / "_res"


@pytest.fixture(scope="module")
def text():
    done = subprocess.run([sys.executable, ".ci/sbom.py"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def schema_at(address):
    """Load the schema that CycloneDX's library ships under the last part of the URL."""
    return json.loads((SCHEMAS / address.rpartition("/")[2]).read_text())


@pytest.fixture(scope="module")
def validator():
    """A validator for that schema. The library's own, in Python, takes a hundred times as long."""
    schema = schema_at("bom-1.6.SNAPSHOT.schema.json")
    return jsonschema_rs.validator_for(schema, retriever=schema_at, validate_formats=True)


def test_it_holds_to_the_schema(text, validator):
    assert [error.message for error in validator.iter_errors(json.loads(text))] == []


def test_a_list_that_does_not_is_noticed(text, validator):
    broken = json.loads(text)
    del broken["components"][0]["type"]
    assert not validator.is_valid(broken)


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
