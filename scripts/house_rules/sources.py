"""Reads the repository once: every kept file, and every Python file parsed."""

import ast
import os
import subprocess
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import TypeVar, cast

from scripts.house_rules.imported_names import find_imported_names, spell_out

Function = ast.FunctionDef | ast.AsyncFunctionDef
N = TypeVar("N", bound=ast.AST)

PACKAGE = "src/vectal/"
PYTHON_FOLDERS = ("src/", "tests/", "bench/", "scripts/")
# Only used where git cannot say what is kept, such as an unpacked source archive.
UNKEPT_FOLDERS = frozenset({".git", ".venv", "node_modules", "dist", "build", "__pycache__"})


@dataclass(frozen=True, eq=False)
class Source:
    """One parsed Python file."""

    path: str
    text: str
    tree: ast.Module = field(repr=False)

    @cached_property
    def _by_kind(self) -> dict[type[ast.AST], list[ast.AST]]:
        """Every node under its kind: the tree is walked once, not once a rule."""
        found: dict[type[ast.AST], list[ast.AST]] = {}
        for node in ast.walk(self.tree):
            found.setdefault(type(node), []).append(node)
        return found

    def find(self, kind: type[N]) -> list[N]:
        """Return every node of a kind of syntax."""
        return cast("list[N]", self._by_kind.get(kind, []))

    @property
    def imports(self) -> list[ast.Import | ast.ImportFrom]:
        return [*self.find(ast.Import), *self.find(ast.ImportFrom)]

    @property
    def functions(self) -> list[Function]:
        return [*self.find(ast.FunctionDef), *self.find(ast.AsyncFunctionDef)]

    @cached_property
    def names(self) -> dict[str, str]:
        return find_imported_names(self.imports)

    @property
    def place(self) -> str:
        """Where in the package, without the suffix: `tasks/repository`; empty outside it."""
        return self.path.removeprefix(PACKAGE).removesuffix(".py") if self.in_package else ""

    @property
    def in_package(self) -> bool:
        return self.path.startswith(PACKAGE)

    def lives_in(self, *places: str) -> bool:
        """Tell whether the file is one of these places or lies below one."""
        return any(
            fnmatchcase(self.place, place) or fnmatchcase(self.place, f"{place}/*")
            for place in places
        )

    def dotted(self, node: ast.expr) -> str:
        return spell_out(node, self.names)

    @cached_property
    def calls(self) -> tuple[tuple[ast.Call, str], ...]:
        """Every call, with the full name of what is called."""
        return tuple((call, self.dotted(call.func)) for call in self.find(ast.Call))

    @cached_property
    def strings(self) -> tuple[tuple[str, int], ...]:
        """Every string that is not a docstring, with its line; holes of f-strings are `{}`."""
        skipped: set[ast.expr] = {statement.value for statement in self.find(ast.Expr)}
        for joined in self.find(ast.JoinedStr):
            skipped.update(joined.values)
        return tuple(
            (text, node.lineno)
            for node in (*self.find(ast.Constant), *self.find(ast.JoinedStr))
            if node not in skipped
            if (text := _read_string(node)) is not None
        )


@dataclass(frozen=True)
class Repository:
    """Every file that is kept, by its path from the root."""

    root: Path
    paths: tuple[str, ...]

    @cached_property
    def sources(self) -> tuple[Source, ...]:
        """Every Python file of ours; a SyntaxError names the file that does not parse."""
        python = (p for p in self.paths if p.endswith(".py") and p.startswith(PYTHON_FOLDERS))
        return tuple(parse(path, self.read(path)) for path in python)

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8", errors="replace")


def parse(path: str, text: str) -> Source:
    return Source(path, text, ast.parse(text, filename=path))


def _read_string(node: ast.Constant | ast.JoinedStr) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
    return "".join(map(str, parts))


def open_repository(root: Path) -> Repository:
    paths = _list_kept_paths(root) if (root / ".git").exists() else _list_all_paths(root)
    return Repository(root, tuple(sorted(path for path in paths if (root / path).is_file())))


def _list_kept_paths(root: Path) -> set[str]:
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607  # git is where the reader's PATH says
        cwd=root,
        check=True,
        capture_output=True,
        text=True,
    )
    return {path for path in listing.stdout.split("\0") if path}


def _list_all_paths(root: Path) -> set[str]:
    found: set[str] = set()
    for folder, subfolders, files in os.walk(root):
        subfolders[:] = [name for name in subfolders if name not in UNKEPT_FOLDERS]
        found |= {(Path(folder) / name).relative_to(root).as_posix() for name in files}
    return found
