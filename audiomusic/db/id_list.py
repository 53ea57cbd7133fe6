"""Many numbers in a condition."""

from __future__ import annotations

import json
from collections.abc import Sequence

from django.db import connection
from django.db.models.expressions import RawSQL

FEW = 50


def id_list(ids: Sequence[int]) -> Sequence[int] | RawSQL:
    """What stands behind `id__in=`: many are sent as one parameter, for Django and the database take longer
    over a thousand than over the rows that these lead to."""
    if len(ids) <= FEW:
        return ids
    if connection.vendor == "postgresql":
        return RawSQL("SELECT unnest(%s::bigint[])", [list(ids)])
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(list(ids))])
