"""A mapping loads nothing by itself: every read is a query that somebody wrote."""

import ast
from collections.abc import Iterator

from scripts.house_rules.sources import Source
from scripts.house_rules.violation import Violation

_QUIET = frozenset({"raise", "raise_on_sql", "write_only", "noload"})


def relationships_never_load_lazily(source: Source) -> Iterator[Violation]:
    if not source.in_package:
        return
    for call, name in source.calls:
        if name.startswith("sqlalchemy.") and name.endswith(".relationship"):
            chosen = {keyword.arg: keyword.value for keyword in call.keywords}.get("lazy")
            if not (isinstance(chosen, ast.Constant) and chosen.value in _QUIET):
                yield Violation(
                    source.path,
                    call.lineno,
                    "lazy-relationship",
                    'a relationship is declared with lazy="raise"',
                )
