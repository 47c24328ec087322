"""Rules 2 and 3: inside a module, files of a higher role import those of a lower one."""

from collections.abc import Iterator
from dataclasses import dataclass

from grimp import ImportGraph, Layer
from importlinter.domain import fields

from scripts.house_rules.contracts.imports import Edge, EdgeContract, has_role, matches


@dataclass(frozen=True)
class RoleLayer:
    """Roles on one level. Independent ones (`a | b`) must not know each other."""

    roles: tuple[str, ...]
    independent: bool


class RolesContract(EdgeContract):
    """Layers by role within every room, where a role may have several files.

    `routes` and `routes_bulk` both are routes. Files of no role stand outside the layers, but
    no chain of imports through them may lead from a lower role up to a higher one.

    - `layers`: one level a line, high to low; `a | b` are strangers, `a : b` may talk.
    - `rooms`: the rooms to look into, `*` for all.
    - `aliases`: lines of `room.file: role` for files that play a role under another name.
    """

    layers = fields.ListField(subfield=fields.StringField())
    rooms = fields.SetField(subfield=fields.StringField())
    aliases = fields.ListField(subfield=fields.StringField(), required=False)

    def find_refused(self, graph: ImportGraph) -> Iterator[tuple[Edge, str]]:
        for room in sorted(graph.find_children(self.root)):
            if matches(self.place(room), self.read_lines("rooms")):
                yield from self._judge_room(graph, room)

    def _judge_room(self, graph: ImportGraph, room: str) -> Iterator[tuple[Edge, str]]:
        levels = [(layer, self._find_files(graph, room, layer)) for layer in self._read_layers()]
        inhabited = [(layer, files) for layer, files in levels if files]
        if not inhabited:
            return
        illegal = graph.find_illegal_dependencies_for_layers(
            layers=[Layer(*files, independent=False) for _, files in inhabited],
            containers={room},
        )
        for dependency in illegal:
            for route in dependency.routes:
                for first in sorted(route.heads):
                    yield self._refuse_chain([first, *route.middle, min(route.tails)])
        for layer, files in inhabited:
            if layer.independent:
                yield from self._judge_strangers(graph, room, files)

    def _refuse_chain(self, chain: list[str]) -> tuple[Edge, str]:
        way = " -> ".join(self.place(module) for module in chain)
        return Edge(chain[0], chain[1]), f"a lower role reaches a higher one: {way}"

    def _judge_strangers(
        self, graph: ImportGraph, room: str, files: dict[str, str]
    ) -> Iterator[tuple[Edge, str]]:
        """Compare files of independent roles, direct imports only."""
        for name, role in files.items():
            for module in {f"{room}.{name}", *graph.find_descendants(f"{room}.{name}")}:
                for imported in graph.find_modules_directly_imported_by(module):
                    other = imported.removeprefix(f"{room}.").partition(".")[0]
                    if imported.startswith(f"{room}.") and files.get(other, role) != role:
                        yield Edge(module, imported), f"{role} and {files[other]} are strangers"

    def _find_files(self, graph: ImportGraph, room: str, layer: RoleLayer) -> dict[str, str]:
        """Return the room's files on this level, each with its role."""
        found: dict[str, str] = {}
        for module in graph.find_children(room):
            name = module.rpartition(".")[2]
            known_as = self._read_aliases().get(self.place(module), name)
            for role in layer.roles:
                if has_role(known_as, role):
                    found[name] = role
        return found

    def _read_layers(self) -> list[RoleLayer]:
        layers: list[RoleLayer] = []
        for line in self.read_lines("layers"):
            talking = ":" in line
            roles = line.split(":" if talking else "|")
            layers.append(RoleLayer(tuple(role.strip() for role in roles), not talking))
        return layers

    def _read_aliases(self) -> dict[str, str]:
        pairs = (line.partition(":") for line in self.read_lines("aliases"))
        return {file.strip(): role.strip() for file, _, role in pairs}
