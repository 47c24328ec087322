"""`vectal up` from outside: what an operator starts, kills, stops and gets wrong."""

import asyncio
import os
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest
from tests.fixtures.processes import ends, is_running
from tests.fixtures.servers import Servers, clone_database, drop_database
from tests.fixtures.tree import AS_NOBODY, Tree, find_python_for_nobody, make_folder_of_nobody

from vectal.platform.embedded.errors import ExitCode

# Each starts five processes several times; a busy machine needs a while for that.
pytestmark = pytest.mark.timeout(300)
StartTree = Callable[..., Awaitable[Tree]]
NAMES = {"postgres", "valkey", "serve", "worker", "scheduler"}


async def _is_ready(address: str) -> bool:
    host, _, port = address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(b"GET /readyz HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        return b" 200 " in await reader.readline()
    finally:
        writer.close()


async def _becomes_ready(address: str) -> bool:
    for _ in range(300):
        if await _is_ready(address):
            return True
        await asyncio.sleep(0.1)
    return False


async def test_every_child_may_die_and_ctrl_c_ends_all(start_tree: StartTree, folder: Path) -> None:
    tree = await start_tree({"VECTAL_DATA_DIR": str(folder)})
    address = await tree.until_ready()
    children = await tree.until_complete()
    assert set(children) == NAMES

    second = await start_tree({"VECTAL_DATA_DIR": str(folder)})
    assert await second.wait() == ExitCode.FOLDER_TAKEN
    assert f"in use by process {tree.pid} (vectal up, {address})" in second.text

    for name, pid in children.items():
        os.kill(pid, signal.SIGKILL)
        await tree.until(f"{name} was ended by SIGKILL; starting it again")
    again = await tree.until_complete()
    assert set(again) == NAMES
    assert not set(again.values()) & set(children.values())
    assert await _becomes_ready(address)

    assert await tree.end(signal.SIGINT) == 0
    assert tree.said[-1].endswith("Stopped.")
    assert not any(is_running(pid) for pid in again.values())
    assert not (folder / "running.json").exists()


@pytest.mark.slow
async def test_kill_9_of_the_parent_and_of_the_whole_tree(
    start_tree: StartTree, folder: Path
) -> None:
    first = await start_tree({"VECTAL_DATA_DIR": str(folder)})
    await first.until_ready()
    children = await first.until_complete()
    os.kill(first.pid, signal.SIGKILL)
    for pid in children.values():
        assert await ends(pid, 30)

    second = await start_tree({"VECTAL_DATA_DIR": str(folder)})
    await second.until_ready()
    children = await second.until_complete()
    for pid in (second.pid, *children.values()):
        with suppress(ProcessLookupError):  # some are quick to follow their parent
            os.kill(pid, signal.SIGKILL)

    third = await start_tree({"VECTAL_DATA_DIR": str(folder)})
    assert await _is_ready(await third.until_ready())
    assert await third.end() == 0


@pytest.mark.slow
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
async def test_root_and_an_ordinary_user_side_by_side(
    start_tree: StartTree, folder: Path, public_path: Path
) -> None:
    found = find_python_for_nobody(public_path / "python")
    if found is None:
        pytest.skip("the packages lie where nobody may not read them")
    python, settings = found
    their_folder = make_folder_of_nobody(public_path / "home")
    ours = await start_tree({"VECTAL_DATA_DIR": str(folder)})
    theirs = await start_tree(
        {**settings, "VECTAL_DATA_DIR": str(their_folder / "data")},
        python=python,
        credentials=AS_NOBODY,
    )
    addresses = {await ours.until_ready(), await theirs.until_ready()}
    assert len(addresses) == 2
    for tree in (ours, theirs):
        for name in ("postgres", "valkey"):
            owner = os.stat(f"/proc/{tree.children()[name]}").st_uid  # noqa: PTH116
            assert owner == AS_NOBODY.get("user"), f"{name} runs as {owner}"
    assert await ours.end() == 0
    assert await theirs.end() == 0


async def test_servers_of_the_operator_replace_the_embedded_ones(
    start_tree: StartTree, folder: Path, servers: Servers, worker: str, valkey: str
) -> None:
    database = await clone_database(servers, f"test_up_{worker}")
    tree = await start_tree(
        {
            "VECTAL_DATA_DIR": str(folder),
            "VECTAL_DATABASE_URL": database.app_url,
            "VECTAL_DATABASE_OWNER_URL": database.owner_url,
            "VECTAL_REDIS_URL": valkey,
        }
    )
    await tree.until_ready()
    await tree.until("ready")
    assert not set(tree.children()) & {"postgres", "valkey"}
    assert not (folder / "postgres").exists()
    assert await tree.end() == 0
    await drop_database(servers, f"test_up_{worker}")


async def test_a_migration_that_fails_ends_the_tree(
    start_tree: StartTree, folder: Path, servers: Servers, valkey: str
) -> None:
    nowhere = servers.app_url.rsplit("/", 1)[0] + "/no_such_database"
    tree = await start_tree(
        {
            "VECTAL_DATA_DIR": str(folder),
            "VECTAL_DATABASE_URL": nowhere,
            "VECTAL_REDIS_URL": valkey,
        }
    )
    assert await tree.wait() == ExitCode.MIGRATION_FAILED
    assert "no_such_database" in tree.text


async def test_a_taken_port_is_named_when_it_was_asked_for(
    start_tree: StartTree, folder: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        tree = await start_tree({"VECTAL_DATA_DIR": str(folder), "VECTAL_PORT": str(port)})
        assert await tree.wait() == ExitCode.PORT_TAKEN
    assert f"Port {port} on 127.0.0.1 is taken" in tree.text


async def test_a_broken_folder_is_named(start_tree: StartTree, folder: Path) -> None:
    (folder / "postgres").mkdir(parents=True)
    tree = await start_tree({"VECTAL_DATA_DIR": str(folder)})
    assert await tree.wait() == ExitCode.FOLDER_CORRUPT
    assert "no PG_VERSION" in tree.text
    assert "Traceback" not in tree.text


async def test_wrong_settings_are_named_without_their_values(
    start_tree: StartTree, folder: Path
) -> None:
    tree = await start_tree(
        {"VECTAL_DATA_DIR": str(folder), "VECTAL_DATABASE_URL": "mysql://u:secret-word@h/d"}
    )
    assert await tree.wait() == ExitCode.BAD_SETTINGS
    assert "VECTAL_DATABASE_URL: " in tree.text
    assert "secret-word" not in tree.text
