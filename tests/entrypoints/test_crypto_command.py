"""`vectal crypto` beside a database that people use."""

import asyncio
from pathlib import Path

import pytest
from tests.fixtures.servers import Servers, clone_database, drop_database
from typer.testing import CliRunner

from vectal.entrypoints.commands.crypto import app
from vectal.platform.config import Settings
from vectal.platform.crypto import Aad, KeyOwner, Keyring, load_key_wrapper
from vectal.platform.db import Database, Scope
from vectal.platform.embedded.errors import OperatorError
from vectal.platform.ids import new_id


async def _prepare(servers: Servers, name: str, folder: Path) -> tuple[str, Scope, bytes]:
    made = await clone_database(servers, name)
    scope = Scope(new_id(), new_id())
    database = Database(made.app_url)
    async with database.transaction(scope) as session:
        sealed = await _keyring(folder).seal(
            session, KeyOwner.user(scope.user_id), b"canary", _place(scope)
        )
    await database.close()
    return made.app_url, scope, sealed


async def _read(url: str, folder: Path, scope: Scope, sealed: bytes) -> bytes:
    database = Database(url)
    async with database.read(scope) as session:
        text = await _keyring(folder).open(
            session, KeyOwner.user(scope.user_id), sealed, _place(scope)
        )
    await database.close()
    return text


def _keyring(folder: Path) -> Keyring:
    return Keyring(load_key_wrapper(Settings(data_dir=folder)))


def _place(scope: Scope) -> Aad:
    return Aad("messages", "sealed_content", "1", scope.workspace_id)


def _run(*arguments: str) -> str:
    result = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_rotation_from_the_command_line(
    servers: Servers, worker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"crypto_command_{worker}"
    url, scope, sealed = asyncio.run(_prepare(servers, name, tmp_path))
    monkeypatch.setenv("VECTAL_DATABASE_URL", url)
    monkeypatch.setenv("VECTAL_DATA_DIR", str(tmp_path))
    before = _run("status")
    assert "1 data keys  current" in before
    told = _run("rotate", "--data-keys", "--forget-old")
    assert "Rewrapped: 1 data keys" in told
    assert "New data keys: 1 owners" in told
    assert "Dropped: 1 old master keys" in told
    after = _run("status")
    assert "2 data keys  current" in after
    assert "old" not in after
    assert before.split()[0] not in after
    assert asyncio.run(_read(url, tmp_path, scope, sealed)) == b"canary"
    (tmp_path / "master.key").write_text("not a key")
    with pytest.raises(OperatorError, match="master key can't be used"):
        _run("status")
    asyncio.run(drop_database(servers, name))
