"""Who may import whom, and what the web process must never load."""

import subprocess
import sys

from audiomusic.devtools.scratch_server import ROOT


def test_the_rooms_import_downwards_only():
    done = subprocess.run([f"{sys.prefix}/bin/lint-imports"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_the_web_application_does_not_import_torch():
    code = (
        "import sys, audiomusic.wsgi, audiomusic.urls, django.urls;"
        "django.urls.get_resolver().url_patterns;"
        "sys.exit('torch was imported' if 'torch' in sys.modules else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
