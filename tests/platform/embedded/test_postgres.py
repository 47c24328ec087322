"""The embedded PostgreSQL over its real binaries: rights, recovery, leftovers, broken folders."""

import asyncio
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.fixtures.asking import ask

from vectal.platform.embedded.account import Account
from vectal.platform.embedded.errors import ExitCode, OperatorError
from vectal.platform.embedded.folder import DataFolder
from vectal.platform.embedded.leftovers import find_servers_in
from vectal.platform.embedded.postgres import EmbeddedPostgres

Make = Callable[[DataFolder], EmbeddedPostgres]


async def test_the_roles_have_no_more_rights_than_they_need(
    data: DataFolder, postgres_on: Make
) -> None:
    endpoint = await postgres_on(data).start()
    roles = await ask(
        endpoint.app_url,
        "SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls FROM pg_roles"
        " WHERE rolname LIKE 'vectal%' ORDER BY 1",
    )
    owners = await ask(
        endpoint.app_url,
        "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'vectal'",
    )
    assert roles == [
        ("vectal_login", False, False, False, False),
        ("vectal_owner", False, True, False, False),
    ]
    assert owners == [("vectal_owner",)]


async def test_the_database_is_ready_for_the_schema(data: DataFolder, postgres_on: Make) -> None:
    endpoint = await postgres_on(data).start()
    extensions = await ask(endpoint.owner_url, "SELECT extname FROM pg_extension ORDER BY 1")
    assert [name for (name,) in extensions] == ["btree_gist", "pg_trgm", "plpgsql", "vector"]
    settings = await ask(
        endpoint.superuser_url,
        "SELECT current_setting('listen_addresses'), current_setting('unix_socket_directories'),"
        " datlocprovider::text, datlocale FROM pg_database WHERE datname = 'vectal'",
    )
    assert settings == [("127.0.0.1", "", "b", "C.UTF-8")]


async def test_a_wrong_password_is_refused(data: DataFolder, postgres_on: Make) -> None:
    endpoint = await postgres_on(data).start()
    with pytest.raises(Exception, match="password authentication failed"):
        await ask(f"postgresql://vectal_owner:wrong@127.0.0.1:{endpoint.port}/vectal", "SELECT 1")


async def test_what_was_committed_survives_kill_9(data: DataFolder, postgres_on: Make) -> None:
    server = postgres_on(data)
    endpoint = await server.start()
    await ask(endpoint.owner_url, "CREATE TABLE kept AS SELECT 7 AS n")
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    assert await server.wait() == -signal.SIGKILL
    again = await server.start()
    assert again == endpoint
    assert await ask(again.owner_url, "SELECT n FROM kept") == [(7,)]


async def test_a_server_of_an_earlier_run_makes_way(data: DataFolder, postgres_on: Make) -> None:
    earlier = postgres_on(data)
    endpoint = await earlier.start()
    await ask(endpoint.owner_url, "CREATE TABLE kept AS SELECT 8 AS n")
    later = postgres_on(data)
    again = await later.start()
    assert await earlier.wait() == 0, "it was asked to shut down, not killed"
    assert await ask(again.owner_url, "SELECT n FROM kept") == [(8,)]


async def test_nothing_is_left_after_stop(data: DataFolder, postgres_on: Make) -> None:
    server = postgres_on(data)
    await server.start()
    assert find_servers_in(data.cluster)
    await server.stop()
    assert find_servers_in(data.cluster) == []
    assert not (data.cluster / "postmaster.pid").exists()


async def test_a_pid_file_that_names_another_program_is_no_obstacle(
    data: DataFolder, postgres_on: Make
) -> None:
    credentials = Account.for_folder(data.cluster).credentials
    other = await asyncio.create_subprocess_exec("/bin/sleep", "60", **credentials)
    try:
        (data.cluster / "postmaster.pid").write_text(f"{other.pid}\n{data.cluster}\n")
        endpoint = await postgres_on(data).start()
        assert await ask(endpoint.app_url, "SELECT 1") == [(1,)]
        assert other.returncode is None
    finally:
        other.kill()
        await other.wait()


async def test_lost_passwords_are_made_anew(data: DataFolder, postgres_on: Make) -> None:
    (data.path / "passwords.json").unlink()
    endpoint = await postgres_on(data).start()
    for url in (endpoint.superuser_url, endpoint.owner_url, endpoint.app_url):
        assert await ask(url, "SELECT 1") == [(1,)]


async def test_a_first_start_that_was_cut_off_begins_anew(
    empty: DataFolder, postgres_on: Make
) -> None:
    half = empty.path / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18")
    endpoint = await postgres_on(empty).start()
    assert await ask(endpoint.app_url, "SELECT 1") == [(1,)]
    assert not half.exists()


def _without_version(cluster: Path) -> None:
    (cluster / "PG_VERSION").unlink()


def _of_another_release(cluster: Path) -> None:
    (cluster / "PG_VERSION").write_text("17\n")


def _without_control_file(cluster: Path) -> None:
    (cluster / "global" / "pg_control").unlink()


@pytest.mark.parametrize(
    ("ruin", "reason"),
    [
        (_without_version, "no PG_VERSION"),
        (_of_another_release, "made by PostgreSQL 17"),
        (_without_control_file, "control file is missing"),
    ],
)
async def test_a_broken_cluster_is_named_and_left_alone(
    data: DataFolder, postgres_on: Make, ruin: Callable[[Path], None], reason: str
) -> None:
    ruin(data.cluster)
    before = sorted(path.name for path in data.cluster.iterdir())
    with pytest.raises(OperatorError, match=reason) as raised:
        await postgres_on(data).start()
    assert raised.value.exit_code == ExitCode.FOLDER_CORRUPT
    assert f"mv {data.cluster}" in raised.value.remedy
    assert sorted(path.name for path in data.cluster.iterdir()) == before


async def test_a_server_that_cannot_start_shows_its_last_words(
    data: DataFolder, postgres_on: Make
) -> None:
    shutil.rmtree(data.cluster / "pg_wal")
    with pytest.raises(OperatorError, match="pg_wal") as raised:
        await postgres_on(data).start()
    assert raised.value.exit_code == ExitCode.SERVER_FAILED
