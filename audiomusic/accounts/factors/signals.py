"""Signals about second factors, for logging.

Each signal is sent with `user`, `request` (None outside a request) and `factor` (None if no single one is
meant, as with a wrong code). The sender is the user's class.
"""

from django.dispatch import Signal

factor_added = Signal()
factor_removed = Signal()
factor_failed = Signal()
recovery_code_used = Signal()
