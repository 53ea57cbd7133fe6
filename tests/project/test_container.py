"""Dockerfile, .dockerignore and compose files: everything they name exists, and they keep what they promise.

No container engine is needed. `manage.py bench image` runs the build steps on a bare Debian.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path

import pytest
import yaml

from audiomusic.bench.container.benchmark import STEPS, debian_release
from audiomusic.devtools.image_files import image_files, image_files_copy, is_let_in, read_rules
from audiomusic.devtools.scratch_server import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = ("compose.yaml", "deploy/compose.grown.yaml")
ENV_NAMES = set(re.findall(r"^#?([A-Z][A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.M))
#: Read by Python, and by the S3 server's client.
OTHERS_NAMES = {"PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}


def instructions():
    """Return (instruction, its text) in order, with continued lines joined."""
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"^\s*#.*\n", "", DOCKERFILE, flags=re.M))
    return [tuple(line.split(" ", 1)) for line in joined.splitlines() if line.strip()]


def of_kind(kind):
    return [text for name, text in instructions() if name == kind]


def test_its_debian_is_named_and_slim():
    assert of_kind("FROM") == [f"debian:{debian_release(DOCKERFILE)}-slim"]


def test_each_step_is_one_of_the_script_and_in_order():
    assert [shlex.split(text) for text in of_kind("RUN")] == [["deploy/image.sh", step] for step in STEPS]
    script = (ROOT / "deploy/image.sh").read_text()
    assert [name for name in STEPS if f"\n{name}() {{" in script] == list(STEPS)
    assert os.access(ROOT / "deploy/image.sh", os.X_OK)


def test_what_is_copied_is_there_and_let_in():
    files = image_files()
    for text in of_kind("COPY"):
        *sources, _ = shlex.split(text)
        assert all(source == "." or source in files for source in sources)
    assert of_kind("ADD") == []


def test_it_runs_as_a_user_without_rights_and_ends_in_order():
    names = [name for name, _ in instructions()]
    assert of_kind("USER") == ["audiomusic"] and names.index("USER") < names.index("ENTRYPOINT")
    assert "RUN" not in names[names.index("USER") :]
    entrypoint, command = (json.loads(*of_kind(kind)) for kind in ("ENTRYPOINT", "CMD"))
    assert entrypoint[0] == "/usr/bin/tini" and command == ["serve"]
    assert of_kind("STOPSIGNAL") == ["SIGTERM"]


def test_its_health_check_is_there():
    [text] = of_kind("HEALTHCHECK")
    program, script = json.loads(text.partition("CMD ")[2])
    assert program == ".venv/bin/python" and script in image_files()


def test_its_settings_exist():
    [text] = of_kind("ENV")
    names = {word.partition("=")[0] for word in shlex.split(text)}
    assert names - ENV_NAMES <= OTHERS_NAMES


def test_secrets_and_songs_stay_out():
    rules = list(read_rules((ROOT / ".dockerignore").read_text()))
    outside = (".env", "var/secret_key", ".git/config", ".venv/bin/python", "tests/settings.py", "a.pyc")
    for path in outside:
        assert not is_let_in(path, rules), path
    assert not is_let_in("jobs/__pycache__/models.cpython-311.pyc", rules)
    for path in ("manage.py", "jobs/models.py", "static/library/app.js", "docs/security.md", "CHANGELOG.md"):
        assert is_let_in(path, rules), path


def copy_compiled(image):
    """Copy existing bytecode of these sources: compiling them all again takes longer than the check."""
    for source in image.rglob("*.py"):
        compiled = Path(cache_from_source(source))
        there = ROOT / compiled.relative_to(image)
        if there.exists():
            compiled.parent.mkdir(exist_ok=True)
            shutil.copy2(there, compiled)


def test_what_is_let_in_is_enough(tmp_path):
    """Run the script's last check on the files that the image gets."""
    image_files_copy(tmp_path / "image")
    copy_compiled(tmp_path / "image")
    environment = {
        "PATH": os.environ["PATH"],
        "AUDIOMUSIC_DATA_DIR": str(tmp_path / "data"),
        "LANG": "C.UTF-8",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=tmp_path / "image", env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_script_is_sound():
    assert subprocess.run(["sh", "-n", "deploy/image.sh"], cwd=ROOT).returncode == 0
    done = subprocess.run(["deploy/image.sh", "bake"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "Expected system, packages or ready, got bake." in done.stderr


# Compose


@pytest.fixture(params=COMPOSE)
def compose(request):
    return yaml.safe_load((ROOT / request.param).read_text())


def ours(compose):
    return {name: each for name, each in compose["services"].items() if each["image"] == "audiomusic"}


def test_each_service_is_whole(compose):
    """All keys are ones that compose knows, and all names exist."""
    known = {
        "build", "image", "init", "restart", "env_file", "environment", "ports", "volumes", "read_only",
        "tmpfs", "cap_drop", "security_opt", "pids_limit", "mem_limit", "stop_grace_period", "depends_on",
        "command", "entrypoint", "healthcheck", "configs", "networks",
    }  # fmt: skip
    assert set(compose) <= {"name", "services", "volumes", "configs", "x-audiomusic", "x-environment"}
    for name, service in compose["services"].items():
        assert set(service) <= known, name
        assert set(service.get("depends_on", [])) <= set(compose["services"])
        named = {text.partition(":")[0] for text in service.get("volumes", [])}
        assert named <= set(compose["volumes"]), name
        assert {each["source"] for each in service.get("configs", [])} <= set(compose.get("configs", {}))


def test_every_variable_is_a_setting(compose):
    for name, service in ours(compose).items():
        assert set(service.get("environment", {})) <= ENV_NAMES | OTHERS_NAMES, name


def test_nothing_is_published_beyond_this_machine(compose):
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports and all(port.startswith("127.0.0.1:") for port in ports)


def test_what_serves_has_no_rights_and_a_limit(compose):
    for name, service in ours(compose).items():
        if name == "bucket":
            continue
        assert service["read_only"] and service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"] and service["mem_limit"], name


def test_every_value_that_is_asked_for_is_said_to_be_missing(compose):
    """A password in a compose file would be every user's password."""
    text = yaml.safe_dump(compose)
    for name in set(re.findall(r"\$\{(\w+)\}", text)):
        assert re.search(rf"\$\{{{name}:\?", text), f"{name} is used without a word on what it is"
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            assert value.startswith("${") or not re.search("PASSWORD|SECRET|KEY", name), name


def test_the_grown_one_has_two_workers_and_all_that_they_share():
    services = yaml.safe_load((ROOT / COMPOSE[1]).read_text())["services"]
    assert {"web", "worker-1", "worker-2", "postgres", "redis", "s3"} <= set(services)
    assert [services[name]["command"] for name in ("web", "worker-1", "worker-2")] == [
        ["serve", "web"], ["serve", "worker"], ["serve", "worker"],
    ]  # fmt: skip
    volumes = [services[name]["volumes"] for name in ("web", "worker-1", "worker-2")]
    assert len({volume for [volume] in volumes}) == 3  # two hosts must not share SQLite's cache and locks
    environment = services["web"]["environment"]
    assert environment["AUDIOMUSIC_BROKER"].startswith("redis://redis:")
    assert "@postgres:5432/" in environment["DATABASE_URL"]
    assert environment["AUDIOMUSIC_S3_ENDPOINT"].endswith("s3.localhost:9000}")
