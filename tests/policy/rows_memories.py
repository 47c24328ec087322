"""Rows of memories, each its owner's alone, and of a workspace's rules about approvals."""

from tests.fixtures.accounts import Person
from tests.policy.matrix import Prepare, Request, Row, World, body_of

from vectal.accounts.contracts import Role
from vectal.memories.contracts import MemorySource

READ, WRITE = "agents:read", "agents:write"


def on_memory(body: object = None) -> Prepare:
    """A fresh memory of the caller's own."""

    async def prepare(world: World, person: Person) -> Request:
        memory = await world.services.memories.remember(
            person.principal, "The matrix is watched.", MemorySource()
        )
        return Request({"memory_id": memory.id}, body=body)

    return prepare


ROWS = [
    Row("list_agent_tools", Role.VIEWER, READ, 200),
    Row("get_approval_rules", Role.VIEWER, READ, 200),
    Row("set_approval_rules", Role.ADMIN, "workspace:manage", 200, body_of(everything="policy")),
    Row("list_memories", Role.VIEWER, READ, 200),
    Row("create_memory", Role.MEMBER, WRITE, 201, body_of(text="The matrix is watched.")),
    Row(
        "update_memory",
        Role.MEMBER,
        WRITE,
        200,
        on_memory({"text": "The matrix was watched."}),
        private=True,
    ),
    Row("delete_memory", Role.MEMBER, WRITE, 204, on_memory(), private=True),
]
