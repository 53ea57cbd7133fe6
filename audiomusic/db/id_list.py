"""Long lists of IDs in a condition."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.db import connection
from django.db.models.expressions import RawSQL

FEW = 50


def id_list(ids: Sequence[int]) -> Sequence[int] | RawSQL:
    """Return the value for `id__in=`. Many IDs are sent as one parameter, because Django and the database
    take longer for a thousand parameters than for the rows themselves.
    """
    if len(ids) <= FEW:
        return ids
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", [list(ids)])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(list(ids))])
