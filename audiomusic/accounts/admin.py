"""Registers the account admin pages in the module where Django looks for them."""

from __future__ import annotations

from django.contrib import admin

import audiomusic.accounts.staff.groups
import audiomusic.accounts.staff.keys
import audiomusic.accounts.staff.ledger
import audiomusic.accounts.staff.panels
import audiomusic.accounts.staff.users  # noqa: F401  (each registers its own)
from audiomusic.accounts.security_log.events import SecurityEvent
from audiomusic.accounts.security_log.staff import SecurityEventAdmin

admin.site.register(SecurityEvent, SecurityEventAdmin)
