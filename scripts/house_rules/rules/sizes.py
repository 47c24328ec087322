"""Sizes at which a file or a function can still be read in one go."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from statistics import median, quantiles

from scripts.house_rules.sources import Function, Repository, Source
from scripts.house_rules.violation import Violation

FILE_LINES = 500
FUNCTION_LINES = 50
# A revision lists columns; splitting the list would hide nothing and help nobody.
LISTS = ("migrations/versions",)
_WEB_FOLDERS = ("web/src/", "web/e2e/", "web/scripts/")
_WEB_SUFFIXES = (".ts", ".tsx", ".mjs", ".css")
# Written by a program from the OpenAPI document, so nobody reads them.
_GENERATED = (".gen.ts", ".d.ts")
_ENOUGH_FOR_QUANTILES = 2


@dataclass(frozen=True)
class Sizes:
    """The figures that section 8 of the architecture asks for."""

    files: int
    file_median: float
    file_p90: float
    file_longest: int
    function_median: float

    def __str__(self) -> str:
        return (
            f"{self.files} files of the package: median {self.file_median:.0f} lines, "
            f"90th percentile {self.file_p90:.0f}, longest {self.file_longest}; "
            f"functions: median {self.function_median:.0f}"
        )


def files_are_short(repository: Repository) -> Iterator[Violation]:
    for source in repository.sources:
        yield from _judge_file(source.path, source.text)
    for path in filter(_is_written_for_the_web, repository.paths):
        yield from _judge_file(path, repository.read(path))


def _is_written_for_the_web(path: str) -> bool:
    return path.startswith(_WEB_FOLDERS) and (
        path.endswith(_WEB_SUFFIXES) and not path.endswith(_GENERATED)
    )


def _judge_file(path: str, text: str) -> Iterator[Violation]:
    lines = text.count("\n")
    if lines > FILE_LINES:
        message = f"{lines} lines, {FILE_LINES} at most; split it by idea"
        yield Violation(path, FILE_LINES, "file-size", message)


def functions_are_short(source: Source) -> Iterator[Violation]:
    if source.lives_in(*LISTS):
        return
    for function, lines in measure_functions(source):
        if lines > FUNCTION_LINES:
            message = f"{function.name}() has {lines} lines, {FUNCTION_LINES} at most"
            yield Violation(source.path, function.lineno, "function-size", message)


@cache
def measure_functions(source: Source) -> list[tuple[Function, int]]:
    """Return every function with the lines that are its own.

    They run from `def` to the end, without the docstring and without nested functions.
    """
    own: dict[Function, int] = {}
    around: list[Function] = []
    for function in sorted(source.functions, key=lambda f: f.lineno):
        while around and _end(around[-1]) < function.lineno:
            around.pop()
        if around:
            own[around[-1]] -= _span(function)
        own[function] = _span(function) - _count_docstring(function)
        around.append(function)
    return list(own.items())


def _count_docstring(function: Function) -> int:
    return 0 if ast.get_docstring(function, clean=False) is None else _span(function.body[0])


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _span(node: ast.stmt) -> int:
    return _end(node) - node.lineno + 1


def measure(repository: Repository) -> Sizes:
    package = [source for source in repository.sources if source.in_package]
    lines = [source.text.count("\n") for source in package] or [0]
    functions = [own for source in package for _, own in measure_functions(source)]
    ninetieth = quantiles(lines, n=10)[-1] if len(lines) >= _ENOUGH_FOR_QUANTILES else lines[0]
    return Sizes(len(package), median(lines), ninetieth, max(lines), median(functions or [0]))
