"""The error codes of failed jobs."""

from __future__ import annotations

from django.db import connection

MAX_CODES = 60

#: Jumps from code to code in the index: reading all entries would cost more with every failure.
_NEXT = "SELECT MIN(error_code) FROM jobs_job WHERE status = 'FAILED' AND error_code > "
_CODES = f"""
    WITH RECURSIVE codes (code) AS (
        SELECT ({_NEXT} '')
        UNION ALL
        SELECT ({_NEXT} codes.code) FROM codes WHERE codes.code IS NOT NULL
    )
    SELECT code FROM codes WHERE code IS NOT NULL LIMIT {MAX_CODES}
"""


def error_codes() -> list[str]:
    """Return the distinct codes of all failed jobs, in order."""
    with connection.cursor() as cursor:
        cursor.execute(_CODES)
        return [code for (code,) in cursor.fetchall()]
