"""Startup loads without the garbage collector, which is then enabled again and skips what was loaded."""

import os
import subprocess
import sys

from audiomusic.devtools.scratch_server import ROOT

COMMAND = """
import gc, sys
seen = []
gc.callbacks.append(lambda phase, info: phase == "start" and info["generation"] == 2 and seen.append(1))
import manage
sys.argv = ["manage.py", "shell", "-c", "import gc; print(gc.isenabled(), gc.get_freeze_count() > 100_000)"]
manage.main()
print(len(seen))
"""


def test_a_command_loads_without_it(tmp_path):
    own = {"AUDIOMUSIC_DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "audiomusic.settings"}
    command = [sys.executable, "-c", COMMAND]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | own, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    *_, state, full_collections = done.stdout.splitlines()
    assert state == "True True"
    assert int(full_collections) <= 3
