"""A folder of the package is a room: it says what it owns, and somebody lives in it."""

import ast
from collections.abc import Iterator
from pathlib import PurePosixPath

from scripts.house_rules.sources import PACKAGE, Repository, Source
from scripts.house_rules.violation import Violation

# Alembic loads revisions by path; they are a list, not a package.
_LISTS = ("src/vectal/migrations/versions",)


def modules_say_what_they_hold(source: Source) -> Iterator[Violation]:
    if source.in_package and not ast.get_docstring(source.tree):
        yield Violation(source.path, 1, "docstring", "say in one line what this file holds")


def rooms_are_introduced_and_inhabited(repository: Repository) -> Iterator[Violation]:
    modules = {s.path: s for s in repository.sources if s.in_package}
    for folder in sorted(_list_folders(modules)):
        room = modules.get(f"{folder}/__init__.py")
        if room is None:
            message = "a folder of the package has an __init__.py that says what it owns"
            yield Violation(folder, 1, "room", message)
        elif not _has_inhabitant(folder, room, modules):
            message = "an empty room; make it when its first inhabitant arrives"
            yield Violation(room.path, 1, "room", message)


def _list_folders(modules: dict[str, Source]) -> set[str]:
    folders = {
        parent.as_posix()
        for path in modules
        for parent in PurePosixPath(path).parents
        if parent.as_posix().startswith(PACKAGE)
    }
    return folders.difference(_LISTS)


def _has_inhabitant(folder: str, room: Source, modules: dict[str, Source]) -> bool:
    """Tell whether the room holds another file, or code of its own beside the docstring."""
    others = any(path.startswith(f"{folder}/") and path != room.path for path in modules)
    return others or len(room.tree.body) > 1
