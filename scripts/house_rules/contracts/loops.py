"""Rule 7, the last step: no module imports itself by a detour.

import-linter's `acyclic_siblings` compares brothers; it does not see a package whose
`__init__` imports a file that imports the package again.
"""

from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter

from grimp import ImportGraph

from scripts.house_rules.contracts.imports import Edge, EdgeContract, list_inner_edges


class LoopsContract(EdgeContract):
    """Refuses the edges of every import cycle between single modules."""

    def find_refused(self, graph: ImportGraph) -> Iterator[tuple[Edge, str]]:
        edges = {(e.importer, e.imported) for e in list_inner_edges(graph, self.root)}
        while loop := _find_loop(edges):
            closing = Edge(loop[-2], loop[-1])
            edges.remove((closing.importer, closing.imported))
            yield closing, f"closes the loop {' -> '.join(loop)}"


def _find_loop(edges: set[tuple[str, str]]) -> list[str]:
    """Return the modules of one loop, the first one again at the end, or nothing."""
    graph: dict[str, set[str]] = {}
    for importer, imported in edges:
        graph.setdefault(imported, set()).add(importer)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        loop: list[str] = error.args[1]
        return loop
    return []
