"""The command line loads what it runs and nothing else."""

import importlib.metadata
import subprocess
import sys

import pytest
from typer.testing import CliRunner

from vectal.entrypoints.cli import COMMANDS, GROUPS, build


def test_help_lists_every_command() -> None:
    said = CliRunner().invoke(build(["--help"]), ["--help"])
    assert said.exit_code == 0
    for name in (*COMMANDS, *GROUPS):
        assert f"\n  {name} " in said.output


def test_the_version_is_the_package_s() -> None:
    said = CliRunner().invoke(build(["--version"]), ["--version"])
    assert said.output.strip() == f"vectal {importlib.metadata.version('vectal')}"


@pytest.mark.parametrize("name", sorted({*COMMANDS, *GROUPS}))
def test_every_command_explains_itself(name: str) -> None:
    said = CliRunner().invoke(build([name]), [name, "--help"])
    assert said.exit_code == 0, said.output
    assert "Usage:" in said.output


def test_an_unknown_command_is_refused() -> None:
    said = CliRunner().invoke(build(["frobnicate"]), ["frobnicate"])
    assert said.exit_code == 2
    assert "frobnicate" in said.output


def test_the_supervisor_imports_no_web_server_and_no_database_driver() -> None:
    code = (
        "import sys; from vectal.entrypoints.cli import build; build(['up']);"
        "print(sorted({'fastapi', 'sqlalchemy', 'asyncpg', 'redis', 'uvicorn'} & set(sys.modules)))"
    )
    said = subprocess.check_output([sys.executable, "-c", code], text=True)  # noqa: S603 - ours
    assert said.strip() == "[]"


def test_secrets_are_masked_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VECTAL_DATABASE_URL", "postgresql://u:secret-word@h/d")
    said = CliRunner().invoke(build(["config"]), ["config", "check"])
    assert said.exit_code == 0
    assert "VECTAL_DATABASE_URL=**********" in said.output
    assert "secret-word" not in said.output
