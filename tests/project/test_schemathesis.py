"""The running server checked against its own schema, with cases that schemathesis generates."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from audiomusic.devtools.scratch_server import ROOT
from tests.support.prepared import PreparedServer

FOLDER = Path(__file__).parent
MANY = "1000000/min"
EXAMPLES = os.environ.get(
    "SCHEMATHESIS_EXAMPLES", "2"
)  # for each operation, in addition to the schema's own examples
RATES = {
    f"AUDIOMUSIC_RATE_{name}": MANY
    for name in ("GENERATION", "DRAFT", "REWORK", "EDIT", "REVISE", "LRC", "UPLOAD", "READ")
}


@pytest.mark.e2e
def test_no_answer_leaves_the_schema(prepared_folder, tmp_path):
    """All checks, with a real key. Without a worker, jobs are created and wait."""
    with PreparedServer(prepared_folder, "web", **RATES) as server:
        _, keys = server.call("GET", "/api/v1/auth/api-keys")
        run = subprocess.run(
            [
                sys.executable, "-m", "schemathesis.cli",
                "--config-file", str(FOLDER / "schemathesis.toml"),
                "run", f"{server.base_url}/api/schema",
                "--header", f"X-API-Key: {server.key}",
                "--checks", "all", "--max-examples", EXAMPLES, "--workers", "1", "--seed", "1",
                "--continue-on-failure",
            ],
            cwd=tmp_path,  # it writes files where it runs
            env=os.environ | {
                "SCHEMATHESIS_HOOKS": "tests.project.schemathesis_hooks",
                "PYTHONPATH": str(ROOT),
                "OWN_KEY_ID": str(keys[0]["id"]),
            },
            capture_output=True, text=True, timeout=900,
        )  # fmt: skip
        assert run.returncode == 0, run.stdout[-12_000:] + run.stderr[-2_000:]
        assert "Traceback" not in server.log_path.read_text()
        status, me = server.call("GET", "/api/v1/auth/me")
        assert (status, me["username"]) == (200, "scratch")  # the key was valid to the end
