"""Rows of models and providers."""

from tests.fixtures.accounts import Person
from tests.policy.matrix import Prepare, Request, Row, World, body_of

from vectal.accounts.contracts import Role
from vectal.ai.service.providers import ProviderDraft

ADMIN, MEMBER, VIEWER = Role.ADMIN, Role.MEMBER, Role.VIEWER
USE, MANAGE = "ai:use", "ai:manage"


async def _make_room(world: World) -> None:
    """A workspace has few providers, and the matrix makes many."""
    providers = world.services.ai.providers
    for each in await providers.list_providers(world.owner.principal):
        await providers.delete(world.owner.principal, each.id)


def on_provider(body: object = None) -> Prepare:
    async def prepare(world: World, person: Person) -> Request:
        del person
        await _make_room(world)
        made = await world.services.ai.providers.create(
            world.owner.principal, ProviderDraft("simulator", "Matrix")
        )
        return Request({"provider_id": made.id}, body=body)

    return prepare


async def _new_provider(world: World, person: Person) -> Request:
    del person
    await _make_room(world)
    return Request(body={"kind": "simulator", "name": "Matrix"})


ROWS = [
    Row("list_models", VIEWER, USE, 200),
    Row("get_ai_preferences", VIEWER, USE, 200),
    Row("set_ai_preferences", ADMIN, MANAGE, 200, body_of()),
    Row("get_usage", MEMBER, USE, 200),
    Row("list_providers", ADMIN, MANAGE, 200),
    Row("create_provider", ADMIN, MANAGE, 201, _new_provider),
    Row(
        "update_provider",
        ADMIN,
        MANAGE,
        200,
        on_provider({"name": "New", "version": 1}),
        has_object=True,
    ),
    Row("delete_provider", ADMIN, MANAGE, 204, on_provider(), has_object=True),
    Row("test_provider", ADMIN, MANAGE, 200, on_provider(), has_object=True),
    Row("test_new_provider", ADMIN, MANAGE, 200, body_of(kind="simulator")),
]
