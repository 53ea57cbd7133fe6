"""Clients generated from the served schema: generators print no warning, and the clients can make a song."""

import importlib
import json
import os
import subprocess
import sys
import time
import urllib.request
import warnings
from pathlib import Path

import pytest

pytestmark = pytest.mark.e2e

TIMEOUT_S = 120
WISH = {"caption": "calm piano", "duration": 3}


@pytest.fixture(scope="module")
def schema_path(server, tmp_path_factory):
    """Save the schema as the server serves it."""
    path = tmp_path_factory.mktemp("schema") / "schema.json"
    with urllib.request.urlopen(f"{server.base_url}/api/schema", timeout=30) as answer:
        path.write_bytes(answer.read())
    return path


@pytest.fixture
def defaults(schema_path):
    """Return every default that the schema declares for the request body, with WISH."""
    body = json.loads(schema_path.read_text())["components"]["schemas"]["Prompt2Instrumental"]
    declared = {name: field["default"] for name, field in body["properties"].items() if "default" in field}
    return declared | WISH


@pytest.fixture
def run_quietly(tmp_path, monkeypatch):
    """run_quietly(program, *arguments): run a generator that is installed beside this Python."""
    monkeypatch.syspath_prepend(str(tmp_path))
    programs = Path(sys.executable).parent
    path = f"{programs}:{os.environ['PATH']}"  # it formats its output with ruff

    def run(program, *arguments):
        done = subprocess.run(
            [programs / program, *arguments], env=os.environ | {"PATH": path},
            cwd=tmp_path, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        printed = done.stdout + done.stderr
        assert done.returncode == 0, printed
        assert "warning" not in printed.lower(), printed
        assert "error" not in printed.lower(), printed

    return run


def until_it_ends(read_status):
    deadline = time.monotonic() + TIMEOUT_S
    while (status := read_status()) in ("PENDING", "PROCESSING") and time.monotonic() < deadline:
        time.sleep(0.2)
    return status


def test_openapi_python_client(server, schema_path, defaults, run_quietly, tmp_path):
    run_quietly(
        "openapi-python-client", "generate", "--path", schema_path, "--meta", "none",
        "--output-path", "made_client",
    )  # fmt: skip
    for path in sorted((tmp_path / "made_client").rglob("*.py")):
        module = ".".join(path.relative_to(tmp_path).with_suffix("").parts).removesuffix(".__init__")
        importlib.import_module(module)
    api, models = (importlib.import_module(f"made_client.{name}") for name in ("api", "models"))
    generate = importlib.import_module(f"{api.__name__}.generation.generate_prompt2instrumental")
    status = importlib.import_module(f"{api.__name__}.jobs.job_status")
    client = importlib.import_module("made_client.client").AuthenticatedClient(
        server.base_url, server.key, prefix="", auth_header_name="X-API-Key", raise_on_unexpected_status=True
    )
    body = models.Prompt2Instrumental(**WISH)
    assert body.to_dict() == defaults
    with client:
        answer = generate.sync(client=client, body=body)
        assert isinstance(answer, models.JobAnswer), answer
        job_id = answer.job.id
        assert until_it_ends(lambda: status.sync(job_id, client=client).status) == "COMPLETED"


def test_datamodel_code_generator(server, schema_path, defaults, run_quietly):
    run_quietly(
        "datamodel-codegen", "--input", schema_path, "--input-file-type", "openapi",
        "--output-model-type", "pydantic_v2.BaseModel", "--set-default-enum-member",
        "--formatters", "builtin", "--output", "made_models.py",
    )  # fmt: skip
    models = importlib.import_module("made_models")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        body = json.loads(models.Prompt2Instrumental(**WISH).model_dump_json(exclude_none=True))
    assert body == defaults
    code, answer = server.call("POST", "/api/v1/music/prompt2instrumental", body)
    assert code == 200, answer
    job_id = models.JobAnswer.model_validate(answer).job.id

    def read_status():
        job = server.call("GET", f"/api/v1/music/jobs/{job_id}/status")[1]
        return models.Job.model_validate(job).status.value

    assert until_it_ends(read_status) == "COMPLETED"
