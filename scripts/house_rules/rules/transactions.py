"""Who may end a transaction, and how settings reach the database session."""

import ast
import re
from collections.abc import Iterator

from scripts.house_rules.sources import Source
from scripts.house_rules.violation import Violation

# A setting without LOCAL outlives its transaction and leaks through a connection pooler.
_SESSION_SETTING = re.compile(
    r"""^\s*SET\s+(?!LOCAL\b|CONSTRAINTS\b|TRANSACTION\b)
        (?:SESSION\b|ROLE\b|TIME\s+ZONE\b|["\w.{}]+\s*(?:=|TO\b))""",
    re.VERBOSE,
)
_SESSION_CONFIG = re.compile(r"set_config\s*\([^()]*,\s*(?:false|FALSE)\s*\)")

COMMITTERS = (
    "platform/db",
    "entrypoints",
    "migrations",  # a run of the schema owns its connection and nothing else
)


def only_the_database_room_commits(source: Source) -> Iterator[Violation]:
    """`transaction()` commits; anything else that commits splits a use case in two."""
    if not source.in_package or source.lives_in(*COMMITTERS):
        return
    for call in source.find(ast.Call):
        if isinstance(call.func, ast.Attribute) and call.func.attr == "commit":
            message = "only platform/db commits; use its transaction()"
            yield Violation(source.path, call.lineno, "commit", message)


def settings_are_local(source: Source) -> Iterator[Violation]:
    if not source.in_package:
        return
    for text, line in source.strings:
        if any(map(_sets_the_session, text.split(";"))):
            message = "a setting must be SET LOCAL (or set_config(…, true))"
            yield Violation(source.path, line, "session-setting", message)


def _sets_the_session(statement: str) -> bool:
    shouted = statement.upper() if statement.lstrip().startswith("set ") else statement
    return bool(_SESSION_SETTING.match(shouted) or _SESSION_CONFIG.search(statement))
