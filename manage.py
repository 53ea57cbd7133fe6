#!/usr/bin/env python
"""The command line of AudioMusic: `python manage.py help` lists what it can do."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "audiomusic.settings")
    from audiomusic.loading import loading_begin

    loading_begin()  # it ends with the apps' readiness (audiomusic.apps)
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
