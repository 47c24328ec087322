"""The one command judges a tree, says what is wrong, and ends with a code for `make lint`."""

import subprocess
import sys
from pathlib import Path

import pytest

from scripts.house_rules.__main__ import main
from scripts.house_rules.sources import open_repository

ROOT = Path(__file__).parents[2]


def test_the_repository_breaks_no_rule() -> None:
    judged = subprocess.run(
        [sys.executable, "-m", "scripts.house_rules"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
    )

    assert judged.returncode == 0, judged.stdout + judged.stderr
    assert "0 broken; 0 violations" in judged.stdout


def test_a_breach_is_named_and_ends_with_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    (tmp_path / "planted_house").mkdir()
    (tmp_path / "planted_house/__init__.py").write_text("import openai\n", encoding="utf-8")
    contracts = (ROOT / ".importlinter").read_text(encoding="utf-8")
    (tmp_path / ".importlinter").write_text(
        contracts.replace("vectal\n", "planted_house\n"), encoding="utf-8"
    )
    (tmp_path / "src/vectal").mkdir(parents=True)
    (tmp_path / "src/vectal/__init__.py").write_text(
        '"""Vectal."""\n\nprint("hello")\n', encoding="utf-8"
    )

    code = main([str(tmp_path)])

    said = capfd.readouterr().out
    assert code == 1
    assert "src/vectal/__init__.py:3 print " in said
    assert "planted_house -> openai" in said
    assert "1 broken; 1 violations" in said


def test_what_git_ignores_is_not_judged() -> None:
    kept = open_repository(ROOT).paths

    assert "pyproject.toml" in kept
    assert not [path for path in kept if path.startswith((".venv/", "web/node_modules/"))]
