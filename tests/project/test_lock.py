"""The lock files satisfy the requirements, and pip installs no file that they do not name."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import zipfile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from audiomusic.devtools.scratch_server import ROOT

NAMES = ("requirements", "requirements-acestep", "requirements-dev")
#: Pinned without hashes, because its builds differ by machine.
UNLOCKED = {"torch"}


def locked(name):
    """Return package -> (version, its hashes)."""
    found = {}
    text = (ROOT / f"{name}.lock").read_text()
    for entry in re.split(r"\n(?=\S)", text):
        if not entry.startswith("#"):
            requirement = Requirement(entry.partition("\\")[0].strip())
            [version] = [each.version for each in requirement.specifier]
            hashes = re.findall(r"--hash=sha256:([0-9a-f]{64})\b", entry)
            found[canonicalize_name(requirement.name)] = (version, hashes)
    return found


def asked_for(name):
    lines = (ROOT / f"{name}.txt").read_text().splitlines()
    for line in lines:
        if line.startswith("-r "):
            yield from asked_for(line.removeprefix("-r ").removesuffix(".txt"))
        elif line and not line.startswith("#"):
            yield Requirement(line)


@pytest.mark.parametrize("name", NAMES)
def test_every_requirement_is_locked_at_its_version(name):
    lock = locked(name)
    for requirement in asked_for(name):
        package = canonicalize_name(requirement.name)
        if package not in UNLOCKED:
            assert package in lock, f"{package}: run `make lock`"
            assert requirement.specifier.contains(lock[package][0]), f"{package}: run `make lock`"


@pytest.mark.parametrize("name", NAMES)
def test_every_entry_has_a_hash(name):
    lock = locked(name)
    assert len(lock) > 40
    assert not [package for package, (_, hashes) in lock.items() if not hashes]


@pytest.mark.parametrize("name", NAMES[:2])
def test_the_locks_agree(name):
    everything = locked("requirements-dev")
    assert {p: v for p, (v, _) in locked(name).items()} == {p: everything[p][0] for p in locked(name)}


@pytest.mark.parametrize("name", NAMES)
def test_no_build_of_torch_is_locked_and_no_index_is_named(name):
    assert not [p for p in locked(name) if p in UNLOCKED or p.startswith(("nvidia-", "triton"))]
    text = (ROOT / f"{name}.lock").read_text()
    assert "://" not in text and "index" not in text.replace("importlib", "")


def test_torch_is_pinned_exactly():
    [torch] = [each for each in asked_for("requirements") if each.name == "torch"]
    assert re.fullmatch(r"==\d+\.\d+\.\d+", str(torch.specifier))


def wheel(folder, name, version, content="x = 1\n"):
    """Write a wheel that contains one module."""
    info = f"{name}-{version}.dist-info"
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{name}.py", content)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """The real Makefile's environment: made once and copied, because making one takes seconds."""
    folder = tmp_path_factory.mktemp("environment")
    shutil.copy(ROOT / "Makefile", folder)
    subprocess.run(["make", ".venv/bin/python", f"PYTHON={sys.executable}"], cwd=folder, check=True)
    return folder / ".venv"


@pytest.fixture
def checkout(tmp_path, environment):
    """The real Makefile beside two requirements whose wheels are in a local folder: no network is used."""
    shutil.copytree(environment, tmp_path / ".venv", symlinks=True)
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    wheel(wheels, "torch", "2.13.0")
    song = wheel(wheels, "songlib", "1.0")
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "requirements.txt").write_text("songlib==1.0\ntorch==2.13.0\n")
    digest = hashlib.sha256(song.read_bytes()).hexdigest()
    (tmp_path / "requirements.lock").write_text(f"songlib==1.0 \\\n    --hash=sha256:{digest}\n")
    return tmp_path


def make_setup(folder):
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder / "wheels"), "PIP_CONFIG_FILE": os.devnull}
    return subprocess.run(
        ["make", "setup", f"PYTHON={sys.executable}"],
        cwd=folder, env=os.environ | offline, capture_output=True, text=True,
    )  # fmt: skip


def is_installed(folder, module):
    return bool(list(folder.glob(f".venv/lib/*/site-packages/{module}.py")))


def test_setup_installs_what_the_lock_names(checkout):
    done = make_setup(checkout)
    assert done.returncode == 0, done.stderr
    assert is_installed(checkout, "torch") and is_installed(checkout, "songlib")


def test_a_file_that_was_tampered_with_is_not_installed(checkout):
    wheel(checkout / "wheels", "songlib", "1.0", content="x = 'evil'\n")
    done = make_setup(checkout)
    assert done.returncode != 0 and "DO NOT MATCH THE HASHES" in done.stderr
    assert not is_installed(checkout, "songlib")
    assert not (checkout / ".venv" / ".installed").exists()


def test_an_entry_without_a_hash_is_not_installed(checkout):
    (checkout / "requirements.lock").write_text("songlib==1.0\n")
    done = make_setup(checkout)
    assert done.returncode != 0 and "Hashes are required" in done.stderr
    assert not is_installed(checkout, "songlib")
