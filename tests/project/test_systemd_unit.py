"""`docs/systemd/audiomusic.service`: systemd understands every line and finds little exposure."""

import re
import shutil
import subprocess
import sys

import pytest

from audiomusic.devtools.scratch_server import ROOT

UNIT = ROOT / "docs" / "systemd" / "audiomusic.service"
#: On the scale of `systemd-analyze security`: 0 is no exposure, 10 is full; below 2 it says OK.
MAX_EXPOSURE = 2.0

pytestmark = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not on this machine"
)


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True)


def verify(folder, text):
    """Run systemd's check as if the unit were installed here: its program has to exist."""
    path = folder / UNIT.name
    path.write_text(re.sub(r"^ExecStart=\S+", f"ExecStart={sys.executable}", text, flags=re.M))
    return analyze("verify", "--man=no", str(path))


def test_systemd_understands_it(tmp_path):
    done = verify(tmp_path, UNIT.read_text())
    assert (done.returncode, done.stderr) == (0, "")


def test_a_line_that_systemd_does_not_know_is_noticed(tmp_path):
    done = verify(tmp_path, UNIT.read_text().replace("UMask=0077", "UMaks=0077"))
    assert "UMaks" in done.stderr


def test_little_is_left_open():
    said = analyze("security", "--offline=yes", "--no-pager", str(UNIT)).stdout
    exposure = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", said)[1])
    assert exposure < MAX_EXPOSURE, said


@pytest.mark.parametrize(
    "line",
    [
        "User=audiomusic", "ProtectSystem=strict", "PrivateTmp=yes", "NoNewPrivileges=yes", "UMask=0077",
        "StateDirectory=audiomusic", "StateDirectoryMode=0700", "CapabilityBoundingSet=",
    ],
)  # fmt: skip
def test_what_the_handbook_promises_stands_in_it(line):
    assert line in UNIT.read_text().splitlines()
    assert re.search(r"^MemoryMax=\d", UNIT.read_text(), re.M)
