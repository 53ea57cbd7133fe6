"""The ways in which ACE-Step's weights lie on disks, and how each is read.

Nothing here imports torch: the web process, the system checks and `manage.py models` ask too.
"""
