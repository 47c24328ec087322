"""Deploying our workflows to n8n, so that doing it again changes nothing."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias, cast

from vectal.agents.workflows.n8n.client import Json, N8nClient
from vectal.agents.workflows.n8n.definitions import (
    CredentialRef,
    Site,
    errors_workflow,
    example_workflow,
    run_workflow,
)

Outcome: TypeAlias = Literal["made", "changed", "left"]
_NAMED: Final = 64
"""How much of a secret's digest stands in the name of its credential, in bits."""


@dataclass(frozen=True, slots=True)
class Deployed:
    """One thing at n8n, and what was done to it."""

    what: Literal["credential", "workflow"]
    name: str
    id: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Secrets:
    """What the credentials at n8n hold. `api_key` is for the example alone."""

    webhook: str
    deployment: str
    api_key: str | None = None


class Deployer:
    """Secrets can't be read back, so the name of a credential tells by a digest which it holds."""

    def __init__(self, client: N8nClient, site: Site) -> None:
        self._client = client
        self._site = site
        self._done: list[Deployed] = []

    async def deploy(self, secrets: Secrets, *, example: bool = False) -> list[Deployed]:
        """Make, change or leave each thing, and say which; the workflows are active then."""
        self._done = []
        site, there = self._site, await self._client.list_all("credentials")
        workflows = await self._client.list_all("workflows")
        webhook = await self._credential(
            there,
            "jwtAuth",
            "signs requests to n8n",
            {"keyType": "passphrase", "secret": secrets.webhook, "algorithm": "HS256"},
        )
        deployment = await self._header(there, "tells of failures", secrets.deployment)
        errors_id = await self._workflow(workflows, errors_workflow(site, deployment))
        await self._workflow(workflows, run_workflow(site, webhook, errors_id))
        if example:
            key = await self._example_key(there, secrets.api_key)
            await self._workflow(workflows, example_workflow(site, webhook, key))
        return self._done

    async def has_example(self) -> bool:
        """Whether a credential for the example is there, which a new key need not be made for."""
        return self._find_example(await self._client.list_all("credentials")) is not None

    def _find_example(self, there: list[Json]) -> Json | None:
        prefix = self._credential_name("begins runs", "")
        return next((each for each in there if str(each["name"]).startswith(prefix)), None)

    async def _example_key(self, there: list[Json], api_key: str | None) -> CredentialRef:
        known = self._find_example(there)
        if api_key is not None or known is None:
            return await self._header(there, "begins runs", api_key or "")
        name, id_ = str(known["name"]), str(known["id"])
        self._done.append(Deployed("credential", name, id_, "left"))
        return CredentialRef("httpHeaderAuth", id_, name)

    async def _header(self, there: list[Json], purpose: str, token: str) -> CredentialRef:
        data = {"name": "Authorization", "value": f"Bearer {token}"}
        return await self._credential(there, "httpHeaderAuth", purpose, data)

    async def _credential(
        self, there: list[Json], kind: str, purpose: str, data: Json
    ) -> CredentialRef:
        digest = hashlib.sha256(repr(sorted(data.items())).encode()).hexdigest()
        name = self._credential_name(purpose, digest[: _NAMED // 4])
        known = next((e for e in there if e["name"] == name and e["type"] == kind), None)
        if known is not None:
            found, outcome = known, "left"
        else:
            body = {"name": name, "type": kind, "data": data}
            found, outcome = await self._client.make("credentials", body), "made"
        self._done.append(Deployed("credential", name, str(found["id"]), outcome))
        return CredentialRef(kind, str(found["id"]), name)

    def _credential_name(self, purpose: str, digest: str) -> str:
        return f"Vectal {self._site.name}: {purpose} {digest}".rstrip()

    async def _workflow(self, there: list[Json], wanted: Json) -> str:
        """The id of the workflow, which is as wanted and active."""
        client, outcome = self._client, "left"
        known = next(
            (e for e in there if e["name"] == wanted["name"] and not e.get("isArchived")), None
        )
        if known is None:
            known, outcome = await client.make("workflows", wanted), "made"
        else:
            known = await client.get_workflow(str(known["id"]))
            if not _is_within(wanted, known):
                known, outcome = await client.change_workflow(str(known["id"]), wanted), "changed"
        id_ = str(known["id"])
        if outcome != "left" or not known.get("active"):
            await client.activate(id_)
            outcome = "changed" if outcome == "left" else outcome
        self._done.append(Deployed("workflow", str(wanted["name"]), id_, outcome))
        return id_


def _is_within(wanted: Any, there: Any) -> bool:
    """Whether all that we say stands there; n8n adds members of its own to objects."""
    if isinstance(wanted, dict):
        members, others = cast("Json", wanted), there
        return isinstance(others, dict) and all(
            _is_within(value, cast("Json", others).get(name)) for name, value in members.items()
        )
    if isinstance(wanted, list):
        items, others = cast("list[Any]", wanted), there
        return (
            isinstance(others, list)
            and len(cast("list[Any]", others)) == len(items)
            and all(map(_is_within, items, cast("list[Any]", others)))
        )
    return bool(wanted == there)
