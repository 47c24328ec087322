"""Failures of the server programs, told in words. The programs are scripts that fail alike."""

from pathlib import Path

import pytest

from vectal.platform.embedded.account import Account
from vectal.platform.embedded.binaries import Binary
from vectal.platform.embedded.cluster import Cluster
from vectal.platform.embedded.errors import ExitCode, OperatorError
from vectal.platform.embedded.folder import DataFolder, Passwords


def _cluster(data: DataFolder, tmp_path: Path, initdb: str, postgres: str) -> Cluster:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, script in (("initdb", initdb), ("postgres", postgres)):
        program = programs / name
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
    return Cluster(data, Account(), Binary("postgres", "0", programs, programs))


@pytest.mark.parametrize(
    ("initdb", "postgres"),
    [("kill -ILL $$", "true"), ("true", "kill -ILL $$"), ("true", "exit 132")],
)
async def test_a_processor_without_avx2_is_named(
    empty: DataFolder, tmp_path: Path, initdb: str, postgres: str
) -> None:
    cluster = _cluster(empty, tmp_path, initdb, postgres)
    with pytest.raises(OperatorError, match="AVX2") as raised:
        await cluster.create(Passwords.random())
    assert raised.value.exit_code == ExitCode.CPU_TOO_OLD
    assert "VECTAL_DATABASE_URL" in raised.value.remedy
    assert not cluster.exists, "the next start must try again"


async def test_a_disk_that_fills_up_is_named(empty: DataFolder, tmp_path: Path) -> None:
    script = "echo 'could not write to file: No space left on device'; exit 1"
    with pytest.raises(OperatorError, match="is full") as raised:
        await _cluster(empty, tmp_path, script, "true").create(Passwords.random())
    assert raised.value.exit_code == ExitCode.DISK_FULL


async def test_any_other_failure_shows_the_last_words(empty: DataFolder, tmp_path: Path) -> None:
    cluster = _cluster(empty, tmp_path, "echo 'the reason'; exit 3", "true")
    with pytest.raises(OperatorError, match=r"status 3\):\nthe reason") as raised:
        await cluster.create(Passwords.random())
    assert raised.value.exit_code == ExitCode.SERVER_FAILED


async def test_no_password_is_among_the_arguments(empty: DataFolder, tmp_path: Path) -> None:
    log = tmp_path / "arguments"
    script = f'echo "$@" >> {log}'
    passwords = Passwords.random()
    cluster = _cluster(empty, tmp_path, script, script)
    await cluster.create(passwords)
    said = log.read_text()
    assert "--pwfile=" in said
    assert not any(word in said for word in (passwords.superuser, passwords.owner, passwords.login))
