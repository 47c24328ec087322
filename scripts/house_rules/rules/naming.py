"""A name says what a thing holds. These names say nothing."""

import ast
import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from scripts.house_rules.sources import Repository, Source
from scripts.house_rules.violation import Violation

FOLDERS = ("src/", "tests/", "bench/", "scripts/", "web/src/", "web/e2e/", "web/scripts/")
# Empty wherever they stand in a name.
_NOISE = frozenset({"common", "helper", "helpers", "manager", "misc", "util", "utils"})
# Empty as the whole name or its last word; `data_key` and `core_web_vitals` mean something.
_NOISE_AT_THE_END = frozenset({"core", "data", "info", "v2"})
_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+\d*|[A-Z]+\d*|\d+")


def files_have_telling_names(repository: Repository) -> Iterator[Violation]:
    for path in repository.paths:
        if path.startswith(FOLDERS):
            for part in PurePosixPath(path).parts:
                noise = find_noise(part.partition(".")[0])
                if noise:
                    message = f"{part!r} says {noise!r}; name the file by what it holds"
                    yield Violation(path, 1, "name", message)


def classes_have_telling_names(source: Source) -> Iterator[Violation]:
    for node in source.find(ast.ClassDef):
        noise = find_noise(node.name)
        if noise:
            message = f"class {node.name} says {noise!r}; name it by what it is"
            yield Violation(source.path, node.lineno, "name", message)


def find_noise(name: str) -> str | None:
    """Return the empty word of a name in snake, kebab or camel case, if there is one."""
    words = [word.lower() for word in _WORDS.findall(name)]
    if words and words[-1] in _NOISE_AT_THE_END:
        return words[-1]
    return next((word for word in words if word in _NOISE), None)
