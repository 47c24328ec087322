"""The import graph in the words of the house: rooms, files and the lines between them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import cast

from grimp import ImportGraph
from importlinter.application import output
from importlinter.domain.contract import Contract, ContractCheck


@dataclass(frozen=True, order=True)
class Edge:
    """One module that imports another; names are full."""

    importer: str
    imported: str


class EdgeContract(Contract):
    """A contract that names the imports it refuses, each with the reason."""

    def find_refused(self, graph: ImportGraph) -> Iterator[tuple[Edge, str]]:
        raise NotImplementedError

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001  # import-linter's signature
        lines = sorted(
            f"{edge.importer} -> {edge.imported} (l.{_find_line(graph, edge)}): {reason}"
            for edge, reason in self.find_refused(graph)
        )
        return ContractCheck(kept=not lines, metadata={"lines": lines})

    def render_broken_contract(self, check: ContractCheck) -> None:
        for line in cast("list[str]", check.metadata["lines"]):
            output.print(line)

    @property
    def root(self) -> str:
        packages = cast("list[str]", self.session_options["root_packages"])
        return packages[0]

    def read_lines(self, option: str) -> list[str]:
        """Return an option of the configuration as its non-empty lines."""
        given: str | list[str] = self.contract_options.get(option, "")
        lines = [given] if isinstance(given, str) else given
        return [line.strip() for line in lines if line.strip()]

    def place(self, module: str) -> str:
        """Return a module's name below the root package; the root itself is empty."""
        return module.removeprefix(self.root).removeprefix(".")


def list_edges(graph: ImportGraph, root: str) -> list[Edge]:
    """Return every direct import that a module of the root package makes."""
    return sorted(
        Edge(importer, imported)
        for importer in graph.modules
        if is_within(importer, root)
        for imported in graph.find_modules_directly_imported_by(importer)
    )


def list_inner_edges(graph: ImportGraph, root: str) -> list[Edge]:
    """Return the imports from one module of the root package to another."""
    return [edge for edge in list_edges(graph, root) if is_within(edge.imported, root)]


def is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def find_room(place: str) -> str:
    return place.partition(".")[0]


def matches(place: str, patterns: Iterable[str]) -> bool:
    """Tell whether a place is, or lies within, one of the patterns (`*` spans anything)."""
    return any(fnmatchcase(place, p) or fnmatchcase(place, f"{p}.*") for p in patterns)


def has_role(name: str, role: str) -> bool:
    """`repository` and `repository_bulk` both have the role `repository`."""
    return name == role or name.startswith(f"{role}_")


def _find_line(graph: ImportGraph, edge: Edge) -> int | str:
    details = graph.get_import_details(importer=edge.importer, imported=edge.imported)
    return min((detail["line_number"] for detail in details), default="?")
