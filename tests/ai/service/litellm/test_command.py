"""`vectal ai import-litellm`, from the file to what a workspace can ask for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.ai.conftest import Stage
from tests.fixtures.accounts import MakeUser, MakeWorkspace, Person
from tests.fixtures.command_line import Vectal

from vectal.accounts.contracts import Role
from vectal.ai.contracts import ModelChoice
from vectal.ai.router.request import Preferences
from vectal.platform.db import Scope

KEY = "sk-secret-of-the-environment"
CONFIG = """
model_list:
  - model_name: house
    litellm_params: {model: openai/gpt-6.1-sol, api_key: os.environ/IMPORT_TEST_KEY}
  - model_name: quick
    litellm_params: {model: groq/llama-9, api_key: os.environ/IMPORT_TEST_NO_KEY}
  - model_name: local
    litellm_params: {model: ollama/llama3}
router_settings:
  fallbacks: [{house: [quick]}]
general_settings: {master_key: sk-1234}
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IMPORT_TEST_KEY", KEY)
    monkeypatch.delenv("IMPORT_TEST_NO_KEY", raising=False)
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG, "utf-8")
    return path


async def _import(vectal: Vectal, file: Path, person: Person, *more: str) -> dict[str, Any]:
    words = ("ai", "import-litellm", str(file), "--email", person.user.email, "--json", *more)
    status, out, complaints = await vectal(*words)
    assert status == 0, complaints
    return json.loads(out)


async def test_a_file_is_taken_over(
    vectal: Vectal, file: Path, person: Person, stage: Stage
) -> None:
    report = await _import(vectal, file, person)
    outcomes = {each["name"]: each["outcome"] for each in report["providers"]}
    assert outcomes == {"openai": "made", "groq": "made_disabled", "ollama": "refused"}
    assert "IMPORT_TEST_NO_KEY is not set" in report["providers"][1]["detail"]
    assert "VECTAL_EGRESS_ALLOW" in report["providers"][2]["detail"]
    assert "general_settings.master_key" in report["ignored"]
    stored = await stage.ai.providers.list_providers(person.principal)
    assert [(each.name, each.enabled, each.key_hint) for each in stored] == [
        ("openai", True, "…ment"),
        ("groq", False, ""),
    ]
    preferences = await stage.ai.get_preferences(person.principal)
    assert preferences.aliases == {"house": "gpt-6.1-sol", "quick": "llama-9"}
    assert report["ignored"]["model_list[2]"] == "local: its provider ollama was refused"
    assert preferences.fallbacks == {"house": ("quick",)}
    await stage.ai.providers.test(person.principal, stored[0].id)
    assert stage.actors["openai"].credentials[0].key == KEY


async def test_a_dry_run_changes_nothing(
    vectal: Vectal, file: Path, person: Person, stage: Stage
) -> None:
    dry = await _import(vectal, file, person, "--dry-run")
    assert await stage.ai.providers.list_providers(person.principal) == []
    assert await stage.ai.get_preferences(person.principal) == Preferences()
    wet = await _import(vectal, file, person)
    assert dry == {**wet, "dry_run": True}


async def test_a_second_run_leaves_alone_what_is_there(
    vectal: Vectal, file: Path, person: Person, stage: Stage
) -> None:
    own = Preferences(taste="best", aliases={"house": "claude-opus-5-5"})
    await stage.ai.save_preferences(person.principal, own)
    first = await _import(vectal, file, person)
    assert "the workspace has one of this name" in first["ignored"]["aliases.house"]
    before = await stage.ai.providers.list_providers(person.principal)
    second = await _import(vectal, file, person)
    assert {each["outcome"] for each in second["providers"]} == {"exists", "refused"}
    assert second["aliases"] == {}
    assert await stage.ai.providers.list_providers(person.principal) == before
    kept = await stage.ai.get_preferences(person.principal)
    assert (kept.taste, kept.aliases["house"]) == ("best", "claude-opus-5-5")


async def test_what_was_taken_over_answers(
    vectal: Vectal, file: Path, person: Person, stage: Stage
) -> None:
    await _import(vectal, file, person)
    view = await stage.ai.list_models(person.principal)
    assert view.slots[0].offer is not None
    assert view.slots[0].offer.provider.name == "openai"
    assert (
        ModelChoice(model="house").model
        in (await stage.ai.get_preferences(person.principal)).aliases
    )


async def test_another_workspace_may_be_named(
    vectal: Vectal,
    file: Path,
    person: Person,
    stage: Stage,
    make_workspace: MakeWorkspace,
    make_user: MakeUser,
) -> None:
    other = await make_workspace(person.principal, "The other one")
    await _import(vectal, file, person, "--workspace", "The other one")
    scope = Scope(other, person.principal.user_id)
    assert len(await stage.ai.providers.list_providers(scope)) == 2
    await _import(vectal, file, person, "--workspace", str(other))
    member = await make_user(workspace_id=other, role=Role.MEMBER)
    for words in (("--workspace", "Nonesuch"), ("--workspace", str(other))):
        email = member.user.email
        status, _, said = await vectal("ai", "import-litellm", str(file), "--email", email, *words)
        assert status == 1
        assert "administers no such workspace" in said


async def test_the_report_is_for_reading_too(vectal: Vectal, file: Path, person: Person) -> None:
    words = ("ai", "import-litellm", str(file), "--email", person.user.email, "--dry-run")
    status, out, _ = await vectal(*words)
    assert status == 0
    assert out.startswith("Nothing is changed; this is what would be.\n")
    assert (
        "provider openai: made; gpt-6.1-sol\n    IMPORT_TEST_KEY goes to https://api.openai.com\n"
    ) in out
    assert (
        "provider groq: made, off; llama-9\n    at https://api.groq.com\n"
        "    IMPORT_TEST_NO_KEY is not set"
    ) in out
    assert "provider ollama: refused; llama3\n    at http://localhost:11434\n" in out
    assert "name house: means gpt-6.1-sol" in out
    assert "fallback of house: quick" in out
    assert "left out general_settings.master_key: make keys with" in out
    assert KEY not in out


@pytest.mark.parametrize("content", [None, "model_list: 3", "a: ["])
async def test_a_file_that_is_none_is_told(
    vectal: Vectal, tmp_path: Path, person: Person, content: str | None
) -> None:
    path = tmp_path / "config.yaml"
    if content is not None:
        path.write_text(content, "utf-8")
    status, out, said = await vectal(
        "ai", "import-litellm", str(path), "--email", person.user.email
    )
    assert (status, out) == (1, "")
    assert "Traceback" not in said


@pytest.fixture
def drawing(tmp_path: Path) -> Path:
    """A file whose words hold a line's end, and what clears a terminal."""
    path = tmp_path / "drawing.yaml"
    path.write_text(
        'model_list: [{model_name: "a\\nprovider forged\\e[2J", litellm_params: {model: "b\\tc"}}]'
    )
    return path


async def test_a_file_draws_nothing_on_the_terminal(
    vectal: Vectal, drawing: Path, person: Person
) -> None:
    words = ("ai", "import-litellm", str(drawing), "--email", person.user.email, "--dry-run")
    status, out, _ = await vectal(*words)
    assert status == 0
    assert out.splitlines()[1].startswith("left out")
    assert all(each.isprintable() for each in out.splitlines())
