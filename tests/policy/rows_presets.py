"""Rows of presets of runs: a person's own, which nobody else sees, and shared ones."""

from dataclasses import replace

from tests.fixtures.accounts import Person
from tests.policy.matrix import Prepare, Request, Row, World, body_of

from vectal.accounts.contracts import Role
from vectal.agents.contracts_presets import PresetContent, PresetWords

MEMBER, VIEWER = Role.MEMBER, Role.VIEWER
READ, WRITE = "agents:read", "agents:write"
_WORDS = PresetWords("Matrix", "", "Watch the matrix.")


def on_preset(body: object = None, *, is_shared: bool = False) -> Prepare:
    """A fresh preset of the caller's own, or one that the owner shares."""

    async def prepare(world: World, person: Person) -> Request:
        maker = replace(person.principal, role=Role.OWNER)
        preset = await world.services.agents.presets.create(
            maker, PresetContent(_WORDS, is_shared=is_shared)
        )
        return Request({"preset_id": preset.id}, body=body)

    return prepare


_NEW = {"name": "Matrix", "goal": "Watch the matrix."}
ROWS = [
    Row("list_run_presets", VIEWER, READ, 200),
    Row("create_run_preset", MEMBER, WRITE, 201, body_of(**_NEW)),
    Row("get_run_preset", VIEWER, READ, 200, on_preset(), private=True),
    Row("set_run_preset", MEMBER, WRITE, 200, on_preset(_NEW), private=True),
    Row("delete_run_preset", MEMBER, WRITE, 204, on_preset(), private=True),
]
