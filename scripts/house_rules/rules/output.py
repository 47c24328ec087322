"""The package speaks through its log and its command line, and imports in the open."""

from collections.abc import Iterator

from scripts.house_rules.sources import Source
from scripts.house_rules.violation import Violation

_HIDDEN_IMPORTS = frozenset({"importlib.import_module", "__import__"})


def nothing_prints(source: Source) -> Iterator[Violation]:
    if not source.in_package:
        return
    for call, name in source.calls:
        if name in {"print", "builtins.print"}:
            yield Violation(source.path, call.lineno, "print", "log it, or echo it in entrypoints")


def imports_are_in_the_open(source: Source) -> Iterator[Violation]:
    """An import by string is one that no contract can see."""
    if not source.in_package or source.lives_in("entrypoints", "migrations"):
        return
    for call, name in source.calls:
        if name in _HIDDEN_IMPORTS:
            yield Violation(
                source.path,
                call.lineno,
                "hidden-import",
                "import by statement, so that the contracts see it",
            )
