"""SQL is written in repositories and in the rooms that are the database's own."""

import re
from collections.abc import Iterator

from scripts.house_rules.sources import Source
from scripts.house_rules.violation import Violation

PLACES = (
    "*/repository*",
    "*/tables*",  # the conditions of indexes and checks
    "platform/db",
    "platform/events",
    "platform/embedded",  # probes the server it has just started
    "migrations",
)
_BUILDERS = frozenset(
    f"sqlalchemy{dialect}.{verb}"
    for dialect in ("", ".sql", ".orm", ".future", ".dialects.postgresql")
    for verb in ("select", "insert", "update", "delete", "text", "union", "union_all", "values")
)
# Keywords all in one case, so that a sentence such as "Select a file from the list" is none.
_STATEMENT = re.compile(
    r"""^\s*(?:
        SELECT\s+(?:.+\sFROM\s|\d|\w+\()
      | INSERT\s+INTO\s
      | UPDATE\s+\S+(?:\s+(?:AS\s+)?\w+)?\s+SET\s
      | DELETE\s+FROM\s
      | WITH\s+(?:RECURSIVE\s+)?\w+(?:\s*\([^)]*\))?\s+AS\s+(?:NOT\s+|MATERIALIZED\s+)*\(
      | (?:CREATE|ALTER|DROP)\s+(?:OR\s+REPLACE\s+|UNIQUE\s+)*
        (?:TABLE|INDEX|POLICY|ROLE|SCHEMA|FUNCTION|VIEW|EXTENSION|DATABASE)\s
      | TRUNCATE\s+\w | COPY\s+\w+.*\s(?:FROM|TO)\s | SET\s+LOCAL\s | NOTIFY\s+\w | LOCK\s+TABLE\s
    )""",
    re.VERBOSE | re.DOTALL,
)


def sql_lives_in_repositories(source: Source) -> Iterator[Violation]:
    if not source.in_package or source.lives_in(*PLACES):
        return
    for call, name in source.calls:
        if name in _BUILDERS:
            yield _misplaced(source, call.lineno, f"{name}() belongs in a repository")
    for text, line in source.strings:
        if _is_statement(text):
            yield _misplaced(source, line, "an SQL statement belongs in a repository")


def _misplaced(source: Source, line: int, message: str) -> Violation:
    return Violation(source.path, line, "sql", message)


def _is_statement(text: str) -> bool:
    """Judge all-lower-case text as if in capitals; what begins like a sentence is one."""
    return bool(_STATEMENT.match(text.upper() if text.lstrip()[:1].islower() else text))
