"""Ruff and basedpyright, with this repository's settings, catch what is planted for them."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent
WRONG = '''"""Planted: everything about it is wrong but the docstring."""

import os


def plan(title, *, done: bool = False) -> str:
    # TODO: decide
    return title + 1
'''


def test_ruff_catches_a_planted_file() -> None:
    judged = subprocess.run(  # noqa: S603  # our own tool on our own text
        [TOOLS / "ruff", "check", "--output-format=json", *["--stdin-filename", "src/p.py", "-"]],
        cwd=ROOT,
        input=WRONG,
        check=False,
        capture_output=True,
        text=True,
    )

    assert judged.returncode == 1, judged.stderr
    assert {"F401", "ANN001", "FIX002"} <= {each["code"] for each in json.loads(judged.stdout)}


def test_ruff_wants_the_format_of_the_house() -> None:
    judged = subprocess.run(  # noqa: S603  # see above
        [TOOLS / "ruff", "format", "--check", "--stdin-filename", "src/p.py", "-"],
        cwd=ROOT,
        input="x = 'single quotes'\n",
        check=False,
        capture_output=True,
        text=True,
    )

    assert judged.returncode == 1, judged.stderr


def test_basedpyright_catches_a_planted_file(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / ".venv").symlink_to(Path(sys.prefix), target_is_directory=True)
    (tmp_path / "src").mkdir()
    (tmp_path / "src/planted.py").write_text(WRONG, encoding="utf-8")

    judged = subprocess.run(  # noqa: S603  # see above
        [TOOLS / "basedpyright", "--outputjson", "--project", tmp_path],
        check=False,
        capture_output=True,
        text=True,
        timeout=100,
    )

    assert judged.returncode == 1, judged.stdout
    found = json.loads(judged.stdout)["generalDiagnostics"]
    assert {"reportUnusedImport", "reportMissingParameterType"} <= {e["rule"] for e in found}
