"""People and workspaces over HTTP: one's own profile, and places of one's own."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fixtures.accounts import MakeClient, MakeUser, Person

from vectal.accounts.errors import TooManyWorkspacesError
from vectal.accounts.service import AccountService, is_timezone, normalize_email, workspaces
from vectal.platform.errors import InvalidInputError

ME = "/api/v1/me"


async def test_a_profile_is_read_and_changed(edge_client: MakeClient, person: Person) -> None:
    client = edge_client(person)
    assert (await client.get(ME)).json()["timezone"] == "UTC"
    change = {"display_name": "  Ada  ", "timezone": "Asia/Kolkata", "locale": "de-CH"}
    changed = await client.patch(ME, json=change)
    assert changed.status_code == 200, changed.text
    assert changed.json()["display_name"] == "Ada"
    assert (await client.get(ME)).json() == changed.json()
    assert (await client.patch(ME, json={})).json() == changed.json()


@pytest.mark.parametrize(
    "change",
    [
        {"display_name": ""},
        {"display_name": "\u0007bell"},
        {"display_name": "x" * 101},
        {"display_name": 7},
        {"timezone": "Mars/Olympus"},
        {"timezone": "../../etc/passwd"},
        {"timezone": "/etc/localtime"},
        {"locale": "english"},
        {"email": "new@example.com"},
        {"is_admin": True},
        {"default_workspace_id": "home"},
    ],
)
async def test_a_bad_change_is_refused(
    edge_client: MakeClient, person: Person, change: dict[str, object]
) -> None:
    answer = await edge_client(person).patch(ME, json=change)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["pointer"] == f"/{next(iter(change))}"


async def test_only_a_workspace_of_ones_own_opens_first(
    edge_client: MakeClient, make_user: MakeUser, person: Person
) -> None:
    client = edge_client(person)
    made = await client.post("/api/v1/workspaces", json={"name": "Family"})
    chosen = await client.patch(ME, json={"default_workspace_id": made.json()["id"]})
    assert chosen.json()["default_workspace_id"] == made.json()["id"]
    stranger = await make_user()
    refused = await client.patch(ME, json={"default_workspace_id": str(stranger.workspace_id)})
    assert (refused.status_code, refused.json()["code"]) == (404, "workspaces.not_found")


async def test_a_workspace_is_made_named_and_listed(
    edge_client: MakeClient, person: Person
) -> None:
    client = edge_client(person)
    made = (await client.post("/api/v1/workspaces", json={"name": "Family"})).json()
    path = f"/api/v1/workspaces/{made['id']}"
    named = await client.patch(path, json={"name": "Kin"})
    assert named.json() == {"id": made["id"], "name": "Kin", "role": "owner"}
    first = (await client.get("/api/v1/workspaces", params={"limit": 1})).json()
    rest = await client.get("/api/v1/workspaces", params={"cursor": first["next_cursor"]})
    assert [each["name"] for each in first["items"]] == ["Personal"]
    assert [each["name"] for each in rest.json()["items"]] == ["Kin"]


@pytest.mark.parametrize("cursor", ["x", "WyJvdGhlciIsMV0", "W10", "e30", "bnVsbA", "é"])
async def test_a_foreign_cursor_is_refused(
    edge_client: MakeClient, person: Person, cursor: str
) -> None:
    answer = await edge_client(person).get("/api/v1/workspaces", params={"cursor": cursor})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


async def test_workspaces_are_bounded(
    monkeypatch: pytest.MonkeyPatch, accounts: AccountService, person: Person
) -> None:
    monkeypatch.setattr(workspaces, "MAX_WORKSPACES", 1)
    with pytest.raises(TooManyWorkspacesError):
        await accounts.workspaces.create(person.principal, "One more")


@given(st.emails())
def test_every_address_has_one_spelling(address: str) -> None:
    try:
        once = normalize_email(address)
    except InvalidInputError:
        return
    assert normalize_email(once) == once
    assert normalize_email(f"  {once.upper()} ") == normalize_email(once.upper())


@pytest.mark.parametrize(
    "value", ["", "a", "a@", "@b", "a b@c", "a@b@c", "a@b\nc", "x" * 250 + "@b.c"]
)
def test_what_is_no_address_is_refused(value: str) -> None:
    with pytest.raises(InvalidInputError):
        normalize_email(value)


@given(st.text(max_size=64))
def test_any_text_can_be_asked_whether_it_is_a_timezone(value: str) -> None:
    assert is_timezone(value) in (True, False)
