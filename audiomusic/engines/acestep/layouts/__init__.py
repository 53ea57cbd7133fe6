"""The file layouts of ACE-Step's weights, and how each is read.

Nothing here imports torch: the web process, the system checks and `manage.py models` use it too.
"""
