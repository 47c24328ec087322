"""Rows of accounts, auth and the edge's own doors."""

import secrets
from dataclasses import replace
from uuid import UUID

from tests.fixtures.accounts import PASSWORD, Person, people_of
from tests.policy.matrix import Prepare, Request, Row, World, body_of, public

from vectal.accounts.contracts import Role
from vectal.auth.contracts import Device
from vectal.auth.principal import Scope

OWNER, ADMIN, MEMBER, VIEWER = Role.OWNER, Role.ADMIN, Role.MEMBER, Role.VIEWER
STRANGER = "stranger@example.com"


async def _own_session(world: World, person: Person) -> Request:
    async with world.services.database.system("tests.session") as session:
        opened = await world.services.auth.sessions.open(session, person.user, 1, Device())
    return Request({"session_id": opened.session_id})


async def _own_key(world: World, person: Person) -> Request:
    issued = await world.services.auth.keys.create(person.principal, "matrix", [Scope.ACCOUNT_READ])
    return Request({"key_id": issued.key.id})


async def _own_key_anew(world: World, person: Person) -> Request:
    return replace(await _own_key(world, person), body={"name": "anew"})


async def _password(world: World, person: Person) -> Request:
    del world, person
    return Request(body={"current_password": PASSWORD, "new_password": PASSWORD})


async def _invited(world: World, person: Person) -> Request:
    services = world.services
    host = await people_of(services.database, services.accounts, services.auth)()
    _, token = await services.accounts.invitations.create(host.principal, person.user.email, MEMBER)
    return Request({"token": token})


async def _open_invitation(world: World, person: Person) -> Request:
    del person
    address = f"{secrets.token_hex(6)}@example.com"
    invitation, token = await world.services.accounts.invitations.create(
        world.owner.principal, address, VIEWER
    )
    return Request({"invitation_id": invitation.id, "token": token, **_here(world).path})


def _here(world: World) -> Request:
    return Request({"workspace_id": world.workspace_id})


def in_workspace(body: dict[str, object] | None = None) -> Prepare:
    async def prepare(world: World, person: Person) -> Request:
        del person
        return Request(_here(world).path, body=body)

    return prepare


async def _fresh_member(world: World) -> UUID:
    services = world.services
    make = people_of(services.database, services.accounts, services.auth)
    return (await make(workspace_id=world.workspace_id, role=VIEWER)).user.id


async def _with_member(world: World, person: Person) -> Request:
    del person
    return Request({"user_id": await _fresh_member(world), **_here(world).path})


async def _new_role(world: World, person: Person) -> Request:
    return replace(await _with_member(world, person), body={"role": "member"})


async def _invite(world: World, person: Person) -> Request:
    del person
    body = {"email": f"{secrets.token_hex(6)}@example.com", "role": "viewer"}
    return Request(_here(world).path, body=body)


async def _wrong_login(world: World, person: Person) -> Request:
    # An account is tried ten times only, so each caller tries one of its own.
    del world, person
    email = f"{secrets.token_hex(6)}@example.com"
    return Request(body={"email": email, "password": PASSWORD})


async def _first_person(world: World, person: Person) -> Request:
    del world, person
    return Request(body={"email": STRANGER, "password": PASSWORD, "display_name": "X"})


async def _docs_file(world: World, person: Person) -> Request:
    del world, person
    return Request({"name": "docs.js"})


ROWS = [
    public("get_livez", 200),
    public("get_readyz", 200),
    public("get_metrics", 200),
    public("get_openapi_document", 200),
    public("get_docs", 200),
    public("get_docs_file", 200, _docs_file),
    public("get_setup", 200),
    public("set_up", 409, _first_person),
    public("log_in", 401, _wrong_login),
    public("sign_up", 403, _first_person),
    public("refresh", 401),
    public("log_out", 204),
    public("get_invitation", 200, _open_invitation),
    Row("change_password", VIEWER, "account:manage", 204, _password),
    Row("get_me", VIEWER, "account:read", 200),
    Row("update_me", VIEWER, "account:manage", 200, body_of(locale="de")),
    Row("list_sessions", VIEWER, "account:read", 200),
    Row("revoke_session", VIEWER, "account:manage", 204, _own_session, private=True),
    Row("revoke_other_sessions", VIEWER, "account:manage", 204),
    Row("list_api_keys", VIEWER, "account:read", 200),
    Row(
        "create_api_key",
        VIEWER,
        "account:manage",
        201,
        body_of(name="matrix", scopes=["account:manage"]),
    ),
    Row("update_api_key", VIEWER, "account:manage", 200, _own_key_anew, private=True),
    Row("revoke_api_key", VIEWER, "account:manage", 204, _own_key, private=True),
    Row("accept_invitation", VIEWER, "account:manage", 200, _invited, mine=True),
    Row("list_workspaces", VIEWER, "workspace:read", 200),
    Row("create_workspace", VIEWER, "workspace:manage", 201, body_of(name="Matrix")),
    Row("get_workspace", VIEWER, "workspace:read", 200, in_workspace(), has_object=True),
    Row(
        "update_workspace",
        ADMIN,
        "workspace:manage",
        200,
        in_workspace({"name": "Ours"}),
        has_object=True,
    ),
    Row("list_members", VIEWER, "workspace:read", 200, in_workspace(), has_object=True),
    Row("update_member", ADMIN, "workspace:manage", 200, _new_role, has_object=True),
    Row("remove_member", ADMIN, "workspace:manage", 204, _with_member, has_object=True),
    Row("list_invitations", ADMIN, "workspace:manage", 200, in_workspace(), has_object=True),
    Row("create_invitation", ADMIN, "workspace:manage", 201, _invite, has_object=True),
    Row("revoke_invitation", ADMIN, "workspace:manage", 204, _open_invitation, has_object=True),
    Row("list_egress", ADMIN, "workspace:manage", 200),
    Row("summarize_egress", ADMIN, "workspace:manage", 200),
    Row("get_instance", VIEWER, "account:manage", 200, instance_admin=True),
    Row("update_instance", VIEWER, "account:manage", 200, body_of(), instance_admin=True),
]
