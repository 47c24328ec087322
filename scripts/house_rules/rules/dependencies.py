"""Every dependency has its reason written down, and no reason outlives its dependency."""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import cast

from scripts.house_rules.sources import Repository
from scripts.house_rules.violation import Violation

REASONS = "docs/dependencies.md"
_PYTHON = "pyproject.toml"
_WEB = "web/package.json"
_REASON = re.compile(r"^\| `(?P<name>[^`]+)` \| +[^|\s]")
_NAME = re.compile(r"[\w.-]+")


def dependencies_have_reasons(repository: Repository) -> Iterator[Violation]:
    wanted = dict.fromkeys(_list_python(repository), _PYTHON)
    wanted |= dict.fromkeys(_list_web(repository), _WEB)
    reasons = _read_reasons(repository)
    for name in sorted(wanted.keys() - reasons.keys()):
        message = f"{name} has no line with its reason in {REASONS}"
        yield Violation(wanted[name], 1, "dependency", message)
    for name in sorted(reasons.keys() - wanted.keys()):
        message = f"{name} is no dependency any more; remove its line"
        yield Violation(REASONS, reasons[name], "dependency", message)


def _list_python(repository: Repository) -> set[str]:
    if _PYTHON not in repository.paths:
        return set()
    settings = tomllib.loads(repository.read(_PYTHON))
    lists: list[list[str]] = [
        settings.get("build-system", {}).get("requires", []),
        settings.get("project", {}).get("dependencies", []),
        *settings.get("project", {}).get("optional-dependencies", {}).values(),
        *settings.get("dependency-groups", {}).values(),
    ]
    return {_read_name(line) for lines in lists for line in lines}


def _read_name(requirement: str) -> str:
    found = _NAME.match(requirement)
    return found[0] if found else requirement


def _list_web(repository: Repository) -> set[str]:
    if _WEB not in repository.paths:
        return set()
    package = cast("dict[str, dict[str, str]]", json.loads(repository.read(_WEB)))
    return {*package.get("dependencies", {}), *package.get("devDependencies", {})}


def _read_reasons(repository: Repository) -> dict[str, int]:
    """Return the names that have a reason, with the line it stands on."""
    if REASONS not in repository.paths:
        return {}
    lines = enumerate(repository.read(REASONS).splitlines(), start=1)
    return {match["name"]: number for number, line in lines if (match := _REASON.match(line))}
