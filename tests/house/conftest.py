"""Plants small packages and trees in which one thing is wrong."""

import itertools
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from scripts.house_rules.contracts.report import check_contracts
from scripts.house_rules.sources import Repository, open_repository

ROOT = Path(__file__).parents[2]
_numbers = itertools.count(1)


@pytest.fixture
def plant_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[dict[str, str]], dict[str, str]]:
    """Make a package of these files, and return what each broken contract says of it.

    The contracts are those of the repository, with the package under another name: `vectal`
    in the configuration and in the files becomes a name that Python has not seen before.
    """
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])

    def plant(files: dict[str, str]) -> dict[str, str]:
        package = f"planted_{next(_numbers)}"
        write_tree(tmp_path / package, _with_packages(files), package)
        configuration = tmp_path / f"{package}.importlinter.ini"
        contracts = (ROOT / ".importlinter").read_text(encoding="utf-8")
        configuration.write_text(_rename(contracts, package), encoding="utf-8")
        return {b.id: b.explanation for b in check_contracts(configuration).broken}

    return plant


@pytest.fixture
def plant_tree(tmp_path: Path) -> Callable[[dict[str, str]], Repository]:
    """Write these files and open the folder as if it were the repository."""

    def plant(files: dict[str, str]) -> Repository:
        write_tree(tmp_path, files, "vectal")
        return open_repository(tmp_path)

    return plant


def write_tree(root: Path, files: dict[str, str], package: str) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_rename(text, package), encoding="utf-8")


def _with_packages(files: dict[str, str]) -> dict[str, str]:
    """Add the `__init__.py` of every folder, the root's too."""
    folders = {parent for name in files for parent in Path(name).parents}
    return {f"{folder}/__init__.py": "" for folder in folders} | files


def _rename(text: str, package: str) -> str:
    return re.sub(r"\bvectal\b", package, text)
