"""Rule 6: a vendor's library is known to its adapter and to nobody else."""

import sys
from collections.abc import Iterator

from grimp import ImportGraph
from importlinter.domain import fields

from scripts.house_rules.contracts.imports import Edge, EdgeContract, is_within, list_edges, matches

EVERYWHERE = "everywhere"


class VendorsContract(EdgeContract):
    """Refuses a library outside its homes, and one that has no home at all.

    - `homes`: lines of `library: place, place`; the place `everywhere` says what it says.
    """

    homes = fields.ListField(subfield=fields.StringField())

    def find_refused(self, graph: ImportGraph) -> Iterator[tuple[Edge, str]]:
        homes = self._read_homes()
        for edge in list_edges(graph, self.root):
            library = edge.imported.partition(".")[0]
            if is_within(edge.imported, self.root) or library in sys.stdlib_module_names:
                continue
            places = homes.get(library)
            if places is None:
                yield edge, f"{library} has no home; give it one in .importlinter"
            elif EVERYWHERE not in places and not matches(self.place(edge.importer), places):
                yield edge, f"{library} lives in {', '.join(places)}"

    def _read_homes(self) -> dict[str, list[str]]:
        homes: dict[str, list[str]] = {}
        for line in self.read_lines("homes"):
            library, _, places = line.partition(":")
            homes[library.strip()] = [place.strip() for place in places.split(",")]
        return homes
