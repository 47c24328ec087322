"""Rule 5: a module is entered through its front doors only."""

from collections.abc import Iterator

from grimp import ImportGraph
from importlinter.domain import fields

from scripts.house_rules.contracts.imports import (
    Edge,
    EdgeContract,
    find_room,
    list_inner_edges,
    matches,
)


class EntrancesContract(EdgeContract):
    """Refuses an import into another room that misses its entrances.

    - `entrances`: names of the files by which every room is entered.
    - `side_doors`: further places that may be entered, in full (`auth.deps`).
    - `open_rooms`: rooms that anyone may enter anywhere.
    - `trusted`: rooms that may enter anywhere.
    """

    entrances = fields.SetField(subfield=fields.StringField())
    side_doors = fields.SetField(subfield=fields.StringField(), required=False)
    open_rooms = fields.SetField(subfield=fields.StringField(), required=False)
    trusted = fields.SetField(subfield=fields.StringField(), required=False)

    def find_refused(self, graph: ImportGraph) -> Iterator[tuple[Edge, str]]:
        entrances = self.read_lines("entrances")
        open_rooms = self.read_lines("open_rooms")
        trusted = self.read_lines("trusted")
        side_doors = self.read_lines("side_doors")
        for edge in list_inner_edges(graph, self.root):
            here, there = self.place(edge.importer), self.place(edge.imported)
            room = find_room(there)
            if room in {"", find_room(here), *open_rooms} or find_room(here) in trusted:
                continue
            if not matches(there, [*side_doors, *(f"{room}.{name}" for name in entrances)]):
                yield edge, f"enter {room} through {', '.join(entrances)}"
