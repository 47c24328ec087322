"""Locks point at public registries, so that anybody can install what we tested."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from scripts.house_rules.sources import Repository
from scripts.house_rules.violation import Violation

PUBLIC_HOSTS = frozenset({"pypi.org", "files.pythonhosted.org", "registry.npmjs.org"})
# Each file with the entries that say where a package comes from. Links to funding pages and
# the like are no sources.
_SOURCES = {
    "uv.lock": re.compile(r"\b(?:url|registry|git|index)\s*=\s*\"(?P<url>[^\"]+://[^\"]+)\""),
    "package-lock.json": re.compile(r"\"resolved\"\s*:\s*\"(?P<url>[^\"]+://[^\"]+)\""),
    ".npmrc": re.compile(r"^[^#;\n]*registry\s*=\s*(?P<url>\S+://\S+)"),
    "pyproject.toml": re.compile(r"^\s*(?:index-)?url\s*=\s*\"(?P<url>[^\"]+://[^\"]+)\""),
    "uv.toml": re.compile(r"^\s*(?:index-)?url\s*=\s*\"(?P<url>[^\"]+://[^\"]+)\""),
}


def locks_name_public_hosts(repository: Repository) -> Iterator[Violation]:
    for path in repository.paths:
        pattern = _SOURCES.get(PurePosixPath(path).name)
        if pattern is None:
            continue
        for number, line in enumerate(repository.read(path).splitlines(), start=1):
            for match in pattern.finditer(line):
                host = urlsplit(match["url"]).hostname or match["url"]
                if host not in PUBLIC_HOSTS:
                    message = f"{host} is not a public registry; lock again without it"
                    yield Violation(path, number, "lock-host", message)
