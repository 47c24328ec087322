"""Rule 4: SQL is reached through the service of the module that owns it."""

from collections.abc import Iterator

from grimp import ImportGraph
from importlinter.domain import fields

from scripts.house_rules.contracts.imports import (
    Edge,
    EdgeContract,
    find_room,
    has_role,
    list_inner_edges,
    matches,
)


class RepositoriesContract(EdgeContract):
    """Refuses an import of a repository by anything but its own use cases.

    - `use_cases`: places whose files hold use cases beside `<room>.service`.
    - `open_rooms`: rooms without a service, whose packages use their own repositories.
    """

    use_cases = fields.SetField(subfield=fields.StringField(), required=False)
    open_rooms = fields.SetField(subfield=fields.StringField(), required=False)

    def find_refused(self, graph: ImportGraph) -> Iterator[tuple[Edge, str]]:
        open_rooms = self.read_lines("open_rooms")
        use_cases = self.read_lines("use_cases")
        for edge in list_inner_edges(graph, self.root):
            here, there = self.place(edge.importer), self.place(edge.imported)
            owner = _find_owner(there)
            if owner is None:
                continue
            is_neighbour = here.rpartition(".")[0] == owner or here == owner
            if is_neighbour and find_room(owner) in open_rooms:
                continue
            own = [f"{owner}.service", f"{owner}.service_*", f"{owner}.repository*", *use_cases]
            if find_room(here) != find_room(there) or not matches(here, own):
                yield edge, "a repository is reached only through its own module's service"


def _find_owner(place: str) -> str | None:
    """Return the package that a repository belongs to, or None when it is no repository."""
    parts = place.split(".")
    for depth, name in enumerate(parts):
        if has_role(name, "repository") and depth:
            return ".".join(parts[:depth])
    return None
