"""API keys: who may make them, what they reach, and when they end."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from tests.fixtures.accounts import (
    MakeAuth,
    MakeClient,
    MakeKey,
    MakeUser,
    MakeWorkspace,
    Person,
)

from vectal.accounts.contracts import Role
from vectal.accounts.errors import WorkspaceNotFoundError
from vectal.accounts.service import AccountService
from vectal.auth.credentials import Credential
from vectal.auth.errors import (
    ApiKeyNotFoundError,
    ScopeNotGrantableError,
    TooManyApiKeysError,
    UnauthenticatedError,
)
from vectal.auth.principal import Scope
from vectal.auth.service import AuthService
from vectal.auth.service import keys as key_service
from vectal.auth.service.resolver import MAX_AGE_S
from vectal.platform.clock import FixedClock, utc_now

KEYS = "/api/v1/api-keys"


async def test_a_key_speaks_for_its_maker(
    auth: AuthService, person: Person, make_key: MakeKey
) -> None:
    issued = await make_key(person, ["tasks:read"])
    principal = await auth.authenticate(Credential(issued.text))
    assert principal.user_id == person.user.id
    assert principal.workspace_id == person.workspace_id
    assert principal.scopes == {Scope.TASKS_READ}
    assert (principal.api_key_id, principal.session_id) == (issued.key.id, None)


@pytest.mark.parametrize("carrier", ["authorization", "x-api-key", "both"])
async def test_both_headers_carry_a_key(
    edge_client: MakeClient, person: Person, make_key: MakeKey, carrier: str
) -> None:
    text = (await make_key(person, ["account:read"])).text
    headers = {"Authorization": f"Bearer {text}", "x-api-key": text}
    if carrier != "both":
        headers = {name: value for name, value in headers.items() if name.lower() == carrier}
    answer = await edge_client(headers=headers).get("/api/v1/me")
    assert answer.status_code == 200


async def test_two_credentials_that_disagree_are_a_contradiction(
    edge_client: MakeClient, person: Person, make_key: MakeKey
) -> None:
    key = (await make_key(person)).text
    answer = await edge_client(person, {"x-api-key": key}).get("/api/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (400, "auth.conflicting_credentials")
    twice = [("Authorization", f"Bearer {key}"), ("Authorization", "Bearer another")]
    answer = await edge_client().get("/api/v1/me", headers=twice)
    assert (answer.status_code, answer.json()["code"]) == (400, "auth.conflicting_credentials")


@pytest.mark.parametrize(
    "header",
    [
        "Basic dXNlcjpwYXNz",
        "Bearer",
        "Bearer ",
        "Bearer x.y.z",
        "Bearer vct_",
        "vct_x",
        "Bearer " + "a" * 9000,
    ],
)
async def test_what_is_no_credential_is_refused(edge_client: MakeClient, header: str) -> None:
    answer = await edge_client(headers={"Authorization": header}).get("/api/v1/me")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_key_is_shown_once(edge_client: MakeClient, person: Person) -> None:
    client = edge_client(person)
    made = await client.post(KEYS, json={"name": "Sync", "scopes": ["tasks:read"]})
    assert made.status_code == 201, made.text
    assert made.json()["key"].startswith("vct_")
    listed = await client.get(KEYS)
    assert [each["name"] for each in listed.json()["items"]] == ["Sync"]
    assert made.json()["key"].split("_")[2] not in listed.text


async def test_a_wrong_secret_opens_nothing(
    auth: AuthService, person: Person, make_key: MakeKey
) -> None:
    text = (await make_key(person)).text
    forged = text[:-1] + ("0" if text[-1] != "0" else "1")
    await auth.authenticate(Credential(text))
    for wrong in (forged, text.upper(), text + "0", text.replace("_", "-")):
        with pytest.raises(UnauthenticatedError):
            await auth.authenticate(Credential(wrong))


async def test_a_key_reaches_no_further_than_its_maker(
    auth: AuthService, make_user: MakeUser, make_key: MakeKey, person: Person
) -> None:
    viewer = await make_user(workspace_id=person.workspace_id, role=Role.VIEWER)
    with pytest.raises(ScopeNotGrantableError):
        await auth.keys.create(viewer.principal, "x", [Scope.TASKS_WRITE])
    narrow = await auth.authenticate(
        Credential((await make_key(person, ["account:manage", "tasks:read"])).text)
    )
    await auth.keys.create(narrow, "x", [Scope.TASKS_READ])
    for wider in (Scope.TASKS_WRITE, Scope.ALL):
        with pytest.raises(ScopeNotGrantableError):
            await auth.keys.create(narrow, "x", [wider])


async def test_a_key_loses_what_its_maker_loses(
    accounts: AccountService,
    make_auth: MakeAuth,
    make_user: MakeUser,
    make_key: MakeKey,
    person: Person,
) -> None:
    member = await make_user(workspace_id=person.workspace_id, role=Role.MEMBER)
    key = Credential((await make_key(member)).text)
    await accounts.members.change_role(person.principal, member.user.id, Role.VIEWER)
    assert (await make_auth().authenticate(key)).role is Role.VIEWER
    await accounts.members.remove(person.principal, member.user.id)
    with pytest.raises(UnauthenticatedError):
        await make_auth().authenticate(key)


async def test_a_key_ends_at_its_time_and_so_do_those_it_made(
    make_auth: MakeAuth, person: Person
) -> None:
    clock = FixedClock(utc_now())
    auth = make_auth(clock)
    soon = clock.now() + timedelta(hours=1)
    maker = await auth.keys.create(person.principal, "m", [Scope.ALL], soon)
    principal = await auth.authenticate(Credential(maker.text))
    made = await auth.keys.create(principal, "made", [Scope.ALL])
    later = await auth.keys.create(principal, "later", [Scope.ALL], soon + timedelta(days=1))
    assert made.key.expires_at == later.key.expires_at == soon
    clock.advance(3601)
    for each in (maker, made):
        with pytest.raises(UnauthenticatedError):
            await auth.authenticate(Credential(each.text))


async def test_a_revoked_key_is_refused_by_every_process_within_a_second(
    auth: AuthService, make_auth: MakeAuth, person: Person, make_key: MakeKey
) -> None:
    issued = await make_key(person)
    others = [make_auth() for _ in range(4)]
    for each in others:
        await each.authenticate(Credential(issued.text))
    await auth.keys.revoke(person.principal, issued.key.id)
    await asyncio.sleep(MAX_AGE_S)
    for each in (auth, *others):
        with pytest.raises(UnauthenticatedError):
            await each.authenticate(Credential(issued.text))


async def test_the_key_of_another_can_not_be_revoked(
    auth: AuthService, make_user: MakeUser, make_key: MakeKey, person: Person
) -> None:
    colleague = await make_user(workspace_id=person.workspace_id, role=Role.ADMIN)
    theirs = await make_key(colleague)
    for unknown in (theirs.key.id, uuid4()):
        with pytest.raises(ApiKeyNotFoundError):
            await auth.keys.revoke(person.principal, unknown)
    assert not (await auth.keys.list_keys(person.principal)).items


async def test_a_key_works_in_its_workspace_alone(
    auth: AuthService, person: Person, make_workspace: MakeWorkspace, make_key: MakeKey
) -> None:
    other = await make_workspace(person.principal)
    key = Credential((await make_key(person)).text)
    await auth.authenticate(Credential(person.access_token), other)
    with pytest.raises(WorkspaceNotFoundError):
        await auth.authenticate(key, other)


async def test_its_last_use_is_noted_once_a_minute(make_auth: MakeAuth, person: Person) -> None:
    clock = FixedClock(utc_now())
    auth = make_auth(clock)
    issued = await auth.keys.create(person.principal, "x", [Scope.ALL])

    async def last_used() -> object:
        (found,) = (await auth.keys.list_keys(person.principal)).items
        return found.last_used_at

    assert await last_used() is None
    noted: list[object] = []
    for seconds in (0, 30, 31):
        clock.advance(seconds)
        await auth.authenticate(Credential(issued.text))
        noted.append(await last_used())
    start = clock.at
    assert noted == [start, start, start + timedelta(seconds=61)]


async def test_the_number_of_keys_is_bounded(
    monkeypatch: pytest.MonkeyPatch, person: Person, make_key: MakeKey
) -> None:
    monkeypatch.setattr(key_service, "MAX_LIVE", 2)
    await make_key(person)
    await make_key(person)
    with pytest.raises(TooManyApiKeysError):
        await make_key(person)


@pytest.mark.parametrize(
    "change",
    [
        {"scopes": []},
        {"scopes": ["everything"]},
        {"scopes": "tasks:read"},
        {"scopes": None},
        {"name": ""},
        {"name": "   "},
        {"name": "x" * 101},
        {"name": None},
        {"name": {"a": 1}},
        {"expires_at": "2001-01-01T00:00:00Z"},
        {"expires_at": "2101-01-01T00:00:00"},
        {"expires_at": 1},
        {"expires_at": "soon"},
        {"unknown": 1},
    ],
)
async def test_a_bad_wish_is_refused(
    edge_client: MakeClient, person: Person, change: dict[str, object]
) -> None:
    wish = {"name": "Sync", "scopes": ["tasks:read"], **change}
    answer = await edge_client(person).post(KEYS, json=wish)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"].startswith(f"/{next(iter(change))}")
