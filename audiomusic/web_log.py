"""gunicorn's own log lines, cleaned as the others are."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger

from audiomusic.redaction import RedactingFormatter


class WebLogger(Logger):  # type: ignore[misc]
    """What a client sent wrongly is logged as it came, and it may hold a key."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for log, line in ((self.error_log, self.error_fmt), (self.access_log, self.access_fmt)):
            for handler in log.handlers:
                handler.setFormatter(RedactingFormatter(line, self.datefmt))
