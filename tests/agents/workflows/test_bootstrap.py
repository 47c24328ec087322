"""`vectal n8n bootstrap`: what is made once is left alone, and what was changed is put right."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path

import pytest
from tests.agents.workflows.fake_n8n import OWNER, FakeN8n
from tests.fixtures.accounts import Person

from vectal.agents.workflows.n8n.owner import Login
from vectal.auth.service import AuthService
from vectal.entrypoints import workflows as wiring
from vectal.entrypoints.commands.n8n import Bootstrapped, lines_of, set_up
from vectal.platform.config import Settings
from vectal.platform.crypto import LocalKeyWrapper
from vectal.platform.embedded.errors import OperatorError


@pytest.fixture
def own(settings: Settings, wrapper: LocalKeyWrapper, n8n: FakeN8n, tmp_path: Path) -> Settings:
    """Settings of an operator who has told us where n8n is, and nothing else."""
    del wrapper
    shutil.copy(settings.data_dir / "master.key", tmp_path / "master.key")
    told = {"data_dir": tmp_path, "n8n_url": n8n.url, "n8n_callback_url": "http://vectal:8484"}
    n8n.keys.append({"id": "first", "label": "of a person", "rawApiKey": "theirs"})
    return settings.model_copy(update=told)


async def bootstrap(own: Settings, example: str | None = None) -> Bootstrapped:
    return await set_up(own, Login(*OWNER), example)


async def test_twice_changes_nothing(own: Settings, n8n: FakeN8n) -> None:
    first = await bootstrap(own)
    assert [each.outcome for each in first.things] == ["made"] * 4
    assert all(each["active"] for each in n8n.workflows.values())
    file = own.data_dir / "n8n.key"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert wiring.find_api_key(own) == n8n.keys[-1]["rawApiKey"]
    again = await set_up(own, None, None)
    assert (again.owner, again.api_key) == ("left", "left")
    assert [each.outcome for each in again.things] == ["left"] * 4
    assert [each.id for each in again.things] == [each.id for each in first.things]
    assert len(n8n.workflows) == len(n8n.credentials) == 2
    assert any("left" in line for line in lines_of(again))


async def test_the_key_does_what_it_must_and_no_more(own: Settings, n8n: FakeN8n) -> None:
    await bootstrap(own)
    scopes: list[str] = n8n.keys[-1]["scopes"]
    assert "execution:retry" in scopes
    assert not [each for each in scopes if each.startswith(("user", "apiKey")) or "delete" in each]


async def test_what_somebody_changed_is_put_right(own: Settings, n8n: FakeN8n) -> None:
    await bootstrap(own)
    workflow = next(iter(n8n.workflows.values()))
    right = workflow["nodes"]
    workflow["nodes"] = [{**right[0], "parameters": {}}, *right[1:]]
    again = await bootstrap(own)
    assert sorted(each.outcome for each in again.things) == ["changed", "left", "left", "left"]
    assert workflow["nodes"] == right
    workflow["active"] = False
    assert "changed" in [each.outcome for each in (await bootstrap(own)).things]
    assert workflow["active"]


async def test_a_new_n8n_gets_its_owner(own: Settings, n8n: FakeN8n) -> None:
    n8n.has_owner = False
    assert (await bootstrap(own)).owner == "made"


async def test_a_lost_key_is_made_anew(own: Settings, n8n: FakeN8n) -> None:
    await bootstrap(own)
    (own.data_dir / "n8n.key").write_text("not a key\n")
    assert (await bootstrap(own)).api_key == "made"
    assert len([each for each in n8n.keys if each["label"].startswith("Vectal")]) == 1


async def test_the_example_gets_a_key_of_its_own_once(
    own: Settings, person: Person, auth: AuthService
) -> None:
    first = await bootstrap(own, person.user.email)
    assert [each.outcome for each in first.things] == ["made"] * 6
    again = await bootstrap(own, person.user.email)
    assert [each.outcome for each in again.things] == ["left"] * 6
    keys = await auth.keys.list_keys(person.principal)
    assert [key.name for key in keys.items] == ["n8n example"]


async def test_failures_say_what_to_do(own: Settings, n8n: FakeN8n) -> None:
    with pytest.raises(OperatorError, match="no key"):
        await set_up(own, None, None)
    with pytest.raises(OperatorError, match="refused"):
        await set_up(own, Login(OWNER[0], "wrong"), None)
    n8n.is_away = True
    with pytest.raises(OperatorError, match="does not answer"):
        await bootstrap(own)
    with pytest.raises(OperatorError, match="where n8n is"):
        await set_up(own.model_copy(update={"n8n_url": None}), None, None)
