"""The figures of `bench api` as tables: a row for each call, a column for each measure."""

from __future__ import annotations

import re
from collections import defaultdict

from audiomusic.bench.report import Report

#: The suffix of a figure's name -> the column's heading.
MEASURES = {
    "sql_p50_ms": "SQL p50",
    "p50_ms": "p50",
    "p95_ms": "p95",
    "eight_p50_ms": "8 clients p50",
    "eight_p95_ms": "8 clients p95",
    "queries": "queries",
}
# The call's own name matches lazily: sql_p50_ms is not p50_ms of a call named ..._sql.
_FIGURE = re.compile(rf"api_([a-z]+)_(\d+)_(.+?)_({'|'.join(MEASURES)})")


class ApiReport(Report):
    """A report whose table has one line per call; an asterisk marks a missed goal."""

    def to_table(self) -> str:
        tables: dict[tuple[str, int], dict[str, dict[str, str]]] = defaultdict(lambda: defaultdict(dict))
        others = Report()
        for name, value in self.figures.items():
            match = _FIGURE.fullmatch(name)
            if match is None:
                others.figures[name] = value
                others.wanted |= {name: self.wanted[name]} if name in self.wanted else {}
                continue
            database, jobs, call, measure = match.groups()
            tables[database, int(jobs)][call][measure] = self._cell(name)
        lines = [line for key, rows in tables.items() for line in _table(*key, rows)]
        return "\n".join([others.to_table(), *lines])

    def _cell(self, name: str) -> str:
        value = self.figures[name]
        text = f"{value:.0f}" if name.endswith("_queries") else f"{value:.1f}"
        return f"{text}*" if name in self.missed else text


def _table(database: str, jobs: int, rows: dict[str, dict[str, str]]) -> list[str]:
    width = max(len(call) for call in rows)
    heads = list(MEASURES.values())
    return [
        "",
        f"{database}, {jobs:,} jobs (ms; * missed what is wanted)",
        f"| {'call':<{width}} | {' | '.join(heads)} |",
        f"|{'-' * (width + 2)}|{'|'.join('-' * (len(head) + 1) + ':' for head in heads)}|",
        *(
            f"| {call:<{width}} | "
            + " | ".join(f"{cells.get(measure, ''):>{len(head)}}" for measure, head in MEASURES.items())
            + " |"
            for call, cells in rows.items()
        ),
    ]
