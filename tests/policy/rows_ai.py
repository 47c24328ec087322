"""Rows of models and providers."""

from collections.abc import AsyncGenerator
from decimal import Decimal
from uuid import UUID

from msgspec import Raw
from tests.fixtures.accounts import Person
from tests.policy.matrix import Caller, Prepare, Request, Row, World, body_of

from vectal.accounts.contracts import Role
from vectal.ai.budgets.amounts import Worst
from vectal.ai.budgets.rules import Subjects
from vectal.ai.service.batches.objects import BatchDraft
from vectal.ai.service.batches.reading import MessageRequest
from vectal.ai.service.budget_exchange import BudgetPace
from vectal.ai.service.budget_keeper import BudgetKeeper
from vectal.ai.service.budget_service import BudgetDraft
from vectal.ai.service.key_rules import KeyRules
from vectal.ai.service.providers import ProviderDraft
from vectal.auth.principal import Scope
from vectal.platform.db import Scope as DbScope
from vectal.platform.ids import new_id

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


def on_budget(body: object = None) -> Prepare:
    async def prepare(world: World, person: Person) -> Request:
        del person
        draft = BudgetDraft("Matrix", "run", "usd", "month", Decimal(5), subject_id=new_id())
        made = await world.services.ai.budgets.create(world.owner.principal, draft)
        return Request({"budget_id": made.id}, body=body)

    return prepare


async def on_doubt(world: World, person: Person) -> Request:
    """A budget of which a process held a dollar that fell silent."""
    del person
    run_id, owner = new_id(), world.owner.principal
    draft = BudgetDraft("Matrix", "run", "usd", "month", Decimal(5), subject_id=run_id)
    made = await world.services.ai.budgets.create(owner, draft)
    database = world.services.database
    silent = BudgetKeeper(database, pace=BudgetPace(lease_s=0.0))
    await silent.reserve(owner, Subjects(run_id=run_id), Worst(10**8, 1))
    await BudgetKeeper(database).reclaim_expired()
    return Request({"budget_id": made.id}, body={"in_doubt": 1, "charge": 0})


def on_key(body: object = None) -> Prepare:
    """One key for all: a person has a hundred at most."""

    async def prepare(world: World, person: Person) -> Request:
        del person
        owner = world.owner.principal
        if owner.workspace_id not in _RULED:
            issued = await world.services.auth.keys.create(owner, "matrix", [Scope.AI_USE])
            _RULED[owner.workspace_id] = issued.key.id
        key_id = _RULED[owner.workspace_id]
        await world.services.key_rules.put_rules(owner, key_id, KeyRules())
        return Request({"api_key_id": key_id}, body=body)

    return prepare


async def on_member_key(world: World, person: Person) -> Request:
    """A fresh key of a member for each caller; what nobody could end is ended before the next."""
    del person
    member = world.people[Caller.MEMBER].principal
    for old in (await world.services.auth.keys.list_keys(member)).items:
        if old.name == "member's":
            await world.services.auth.keys.revoke(member, old.id)
    issued = await world.services.auth.keys.create(member, "member's", [Scope.AI_USE])
    return Request({"key_id": issued.key.id}, body={"expires_at": "2199-01-01T00:00:00Z"})


_RULED: dict[UUID, UUID] = {}
NEW_BUDGET = body_of(name="Matrix", cap="5", subject_kind="run", subject_id=str(new_id()))
CALL = body_of(model="simulator", max_tokens=64, messages=[{"role": "user", "content": "Hello"}])


async def of_model(world: World, person: Person) -> Request:
    del world, person
    return Request({"model_id": "vectal/auto"})


async def _on_file(world: World, person: Person) -> Request:
    stored = await _store(world, person)
    return Request({"file_id": f"file-{stored.hex}"})


async def _store(world: World, person: Person) -> UUID:
    async def lines() -> AsyncGenerator[bytes]:
        yield b"{}"

    files = world.services.batches.files
    return (await files.upload(person.principal, "matrix", lines())).id


async def _new_batch(world: World, person: Person) -> Request:
    file_id = await _store(world, person)
    body = {"endpoint": "/v1/embeddings", "completion_window": "24h"}
    return Request(body={**body, "input_file_id": f"file-{file_id.hex}"})


async def _on_batch(world: World, person: Person) -> Request:
    draft = BatchDraft("/v1/embeddings", await _store(world, person))
    batch = await world.services.batches.service.create(person.principal, draft)
    return Request({"batch_id": f"batch_{batch.id.hex}"})


async def _on_message_batch(world: World, person: Person) -> Request:
    batch = await world.services.batches.service.create_messages(person.principal, [_MESSAGE])
    return Request({"batch_id": f"msgbatch_{batch.id.hex}"})


async def _on_ended_batch(world: World, person: Person) -> Request:
    service, runner = world.services.batches.service, world.services.batches.runner
    principal = person.principal
    batch = await service.create_messages(principal, [_MESSAGE])
    await service.cancel(principal, batch.id, "anthropic")
    await runner.run(DbScope(principal.workspace_id, principal.user_id), batch.id)
    return Request({"batch_id": f"msgbatch_{batch.id.hex}"})


_MESSAGE = MessageRequest("a", Raw(b'{"model":"simulator","max_tokens":9,"messages":[]}'))
NEW_MESSAGE_BATCH = body_of(
    requests=[{"custom_id": "a", "params": {"model": "simulator", "max_tokens": 9}}]
)

ROWS = [
    Row("list_models", VIEWER, USE, 200),
    Row("get_ai_preferences", VIEWER, USE, 200),
    Row("set_ai_preferences", ADMIN, MANAGE, 200, body_of()),
    Row("get_webhook_secret", ADMIN, MANAGE, 200),
    Row("make_webhook_secret", ADMIN, MANAGE, 201),
    Row("get_usage", MEMBER, USE, 200),
    Row("list_budgets", MEMBER, USE, 200),
    Row(
        "create_budget",
        ADMIN,
        MANAGE,
        201,
        NEW_BUDGET,
    ),
    Row("get_budget", MEMBER, USE, 200, on_budget(), has_object=True),
    Row("update_budget", ADMIN, MANAGE, 200, on_budget({"cap": "9"}), has_object=True),
    Row("list_budget_settlements", ADMIN, MANAGE, 200, on_budget(), has_object=True),
    Row("settle_budget_doubt", ADMIN, MANAGE, 200, on_doubt, has_object=True),
    Row("delete_budget", ADMIN, MANAGE, 204, on_budget(), has_object=True),
    Row("list_calls", MEMBER, USE, 200),
    Row("list_model_health", VIEWER, USE, 200),
    Row("create_chat_completion", MEMBER, USE, 200, CALL),
    Row("create_response", MEMBER, USE, 200, body_of(model="simulator", input="Hello")),
    Row(
        "create_embedding",
        MEMBER,
        USE,
        200,
        body_of(model="simulator-embedding", input="Hello"),
    ),
    Row("create_message", MEMBER, USE, 200, CALL),
    Row("count_message_tokens", MEMBER, USE, 200, CALL),
    Row("list_wire_models", VIEWER, USE, 200),
    Row("get_wire_model", VIEWER, USE, 200, of_model),
    # A form is what it takes; that it is asked for one says that the door is open.
    Row("upload_wire_file", MEMBER, USE, 400),
    Row("list_wire_files", MEMBER, USE, 200),
    Row("get_wire_file", MEMBER, USE, 200, _on_file, private=True),
    Row("get_wire_file_content", MEMBER, USE, 200, _on_file, private=True),
    Row("delete_wire_file", MEMBER, USE, 200, _on_file, private=True),
    Row("create_batch", MEMBER, USE, 200, _new_batch, private=True),
    Row("list_batches", MEMBER, USE, 200),
    Row("get_batch", MEMBER, USE, 200, _on_batch, private=True),
    Row("cancel_batch", MEMBER, USE, 200, _on_batch, private=True),
    Row("create_message_batch", MEMBER, USE, 200, NEW_MESSAGE_BATCH),
    Row("list_message_batches", MEMBER, USE, 200),
    Row("get_message_batch", MEMBER, USE, 200, _on_message_batch, private=True),
    Row("cancel_message_batch", MEMBER, USE, 200, _on_message_batch, private=True),
    Row("get_message_batch_results", MEMBER, USE, 200, _on_ended_batch, private=True),
    Row("delete_message_batch", MEMBER, USE, 200, _on_ended_batch, private=True),
    Row("list_key_rules", ADMIN, MANAGE, 200),
    Row("get_key_rules", ADMIN, MANAGE, 200, on_key(), has_object=True),
    Row("set_key_rules", ADMIN, MANAGE, 200, on_key({"models": ["auto"]}), has_object=True),
    Row("delete_key_rules", ADMIN, MANAGE, 204, on_key(), has_object=True),
    Row("list_member_keys", ADMIN, "workspace:manage", 200),
    Row("shorten_member_key", ADMIN, "workspace:manage", 200, on_member_key, has_object=True),
    Row("revoke_member_key", ADMIN, "workspace:manage", 204, on_member_key, has_object=True),
    Row("list_providers", ADMIN, MANAGE, 200),
    Row("create_provider", ADMIN, MANAGE, 201, _new_provider),
    Row("import_litellm", ADMIN, MANAGE, 200, body_of(config="model_list: []")),
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
