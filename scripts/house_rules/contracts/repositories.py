"""Rule 4: SQL is reached through the use cases of the module that owns it."""

from collections.abc import Iterator

from grimp import ImportGraph
from importlinter.domain import fields

from scripts.house_rules.contracts.imports import (
    Edge,
    EdgeContract,
    find_room,
    has_role,
    is_within,
    list_inner_edges,
    matches,
)


class RepositoriesContract(EdgeContract):
    """Refuses a way to a repository that does not lead through its module's use cases.

    Other rooms may not import a repository at all. In its own room, every chain of imports from
    an outward file to a repository must pass a use case; files between the two are free.

    - `outward`: roles of the files that face the world.
    - `use_cases`: places that hold use cases, `*.service*` for the services.
    - `open_rooms`: rooms without services; there, a repository serves the package it lies in.
    """

    outward = fields.SetField(subfield=fields.StringField())
    use_cases = fields.SetField(subfield=fields.StringField())
    open_rooms = fields.SetField(subfield=fields.StringField(), required=False)

    def find_refused(self, graph: ImportGraph) -> Iterator[tuple[Edge, str]]:
        open_rooms = self.read_lines("open_rooms")
        for edge in list_inner_edges(graph, self.root):
            here, there = self.place(edge.importer), self.place(edge.imported)
            owner = _find_owner(there)
            if owner is None:
                continue
            if find_room(owner) in open_rooms:
                if not is_within(here, owner):
                    yield edge, f"this repository serves {owner} alone"
            elif find_room(here) != find_room(owner):
                yield edge, f"this repository is reached through the service of {owner}"
        yield from self._find_shortcuts(graph)

    def _find_shortcuts(self, graph: ImportGraph) -> Iterator[tuple[Edge, str]]:
        """Look for chains from an outward file to a repository that pass no use case."""
        outward, open_rooms = self.read_lines("outward"), self.read_lines("open_rooms")
        for module in sorted(graph.modules):
            room, _, rest = self.place(module).partition(".")
            if room in open_rooms:
                continue
            if any(has_role(rest.partition(".")[0], role) for role in outward):
                chain = self._find_shortcut(graph, module, f"{self.root}.{room}")
                if chain:
                    way = " -> ".join(self.place(step) for step in chain)
                    yield Edge(chain[0], chain[1]), f"goes round the service: {way}"

    def _find_shortcut(self, graph: ImportGraph, start: str, room: str) -> list[str]:
        use_cases = self.read_lines("use_cases")
        chains = [[start]]
        seen = {start}
        while chains:
            chain = chains.pop(0)
            for step in sorted(graph.find_modules_directly_imported_by(chain[-1]) - seen):
                place = self.place(step)
                if not is_within(step, room) or matches(place, use_cases):
                    continue
                if _find_owner(place) is not None:
                    return [*chain, step]
                seen.add(step)
                chains.append([*chain, step])
        return []


def _find_owner(place: str) -> str | None:
    """Return the package that a repository belongs to, or None when it is no repository."""
    parts = place.split(".")
    for depth, name in enumerate(parts):
        if has_role(name, "repository") and depth:
            return ".".join(parts[:depth])
    return None
