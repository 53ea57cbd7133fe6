#!/usr/bin/env python
"""The command line of AudioMusic: `python manage.py help` lists what it can do."""

import gc
import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "audiomusic.settings")
    # What is loaded stays: each full collection meanwhile would look through it all, a third of the time that
    # a start takes. It is enabled again when the apps are ready (audiomusic.apps).
    gc.disable()
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
