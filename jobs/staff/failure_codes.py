"""What jobs have failed of."""

from __future__ import annotations

from django.db import connection

MAX_CODES = 60

#: Leaps from code to code in the index: to read them all would cost the more, the more failures there are.
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
    """The codes of all failed jobs, in their order."""
    with connection.cursor() as cursor:
        cursor.execute(_CODES)
        return [code for (code,) in cursor.fetchall()]
