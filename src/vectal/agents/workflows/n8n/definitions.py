"""Our workflows at n8n, as data. They hold no code: n8n calls, waits and turns where it is told to.

    Trigger (signed webhook) -> Think -> Pause -> Next -+-> Think
                                           ^            +-> Act -> Pause
                                           |            +-> Person (waits to be resumed) -> Act
                                           +------------+-> Callback

A second workflow hears of executions of the first that fail. A third, made on request, shows how a
workflow of one's own begins a run and waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import NAMESPACE_URL, uuid5

Json: TypeAlias = dict[str, Any]

NEXT: Final = ("think", "act", "wait", "end")
"""What an answer can say comes next; the order is that of the ways out of the node `Next`."""
_TIMEOUT_MS: Final = 60_000
_TRIES: Final = 5
_PAUSE_MS: Final = 3_000
_WAIT_DAYS: Final = 7
_WIDTH: Final = 240


@dataclass(frozen=True, slots=True)
class CredentialRef:
    """A credential at n8n: its kind there, id and name."""

    kind: str
    id: str
    name: str

    def as_json(self) -> Json:
        return {self.kind: {"id": self.id, "name": self.name}}


@dataclass(frozen=True, slots=True)
class Site:
    """The installation as n8n sees it: a short name, and where it calls us."""

    name: str
    callback_url: str

    @property
    def run_path(self) -> str:
        """Of the webhook that begins an execution."""
        return f"vectal-{self.name}-run"

    @property
    def example_path(self) -> str:
        return f"vectal-{self.name}-example"

    @property
    def run_title(self) -> str:
        return f"Vectal {self.name}: run an agent"

    @property
    def errors_title(self) -> str:
        return f"Vectal {self.name}: failed executions"

    @property
    def example_title(self) -> str:
        return f"Vectal {self.name}: example, begin a run"

    def api(self, path: str) -> str:
        return f"{self.callback_url}/api/v1/{path}"


def run_workflow(site: Site, webhook: CredentialRef, errors_id: str) -> Json:
    """The think-act loop of one run."""
    nodes = [
        _note(site, "Vectal keeps the truth of each run in its own journal; this only calls it."),
        _webhook(site, "Trigger", site.run_path, webhook, 0),
        _step(site, "Think", "think", 1),
        _node(
            site,
            "Pause",
            "wait",
            1.1,
            2,
            {"resume": "timeInterval", "amount": "={{ $json.pause_s }}", "unit": "seconds"},
        ),
        _next(site, 3),
        _step(site, "Act", "act", 4),
        _node(
            site,
            "Person",
            "wait",
            1.1,
            5,
            {
                "resume": "webhook",
                "incomingAuthentication": "jwtAuth",
                "httpMethod": "POST",
                "limitWaitTime": True,
                "limitType": "afterTimeInterval",
                "resumeAmount": _WAIT_DAYS,
                "resumeUnit": "days",
                "options": {},
            },
            webhookId=_id_of(site, "Person", "webhook"),
            credentials=webhook.as_json(),
        ),
        _step(site, "Callback", "end", 6),
    ]
    connections = {
        "Trigger": _to("Think"),
        "Think": _to("Pause"),
        "Pause": _to("Next"),
        "Next": _ways("Think", "Act", "Person", "Callback"),
        "Act": _to("Pause"),
        "Person": _to("Act"),
    }
    settings = {"errorWorkflow": errors_id, "saveExecutionProgress": True}
    return _workflow(site.run_title, nodes, connections, settings)


def errors_workflow(site: Site, deployment: CredentialRef) -> Json:
    """Tells us which execution has failed, and nothing of what was in it."""
    nodes = [
        _note(site, "Rings at Vectal when an execution of its workflow has failed."),
        _node(site, "Failed", "errorTrigger", 1, 0, {}),
        _call(
            site,
            "Tell",
            "POST",
            site.api("engine-errors"),
            1,
            {"execution_id": "={{ String($json.execution?.id ?? '') }}"},
            credential=deployment,
        ),
    ]
    return _workflow(site.errors_title, nodes, {"Failed": _to("Tell")}, {})


def example_workflow(site: Site, webhook: CredentialRef, key: CredentialRef) -> Json:
    """What it is sent becomes the goal of a run, whose end it waits for."""
    look = site.api("runs/{{ $('Begin').first().json.id }}")
    nodes = [
        _note(site, "An example: how a workflow begins a run of an agent and waits for its end."),
        _webhook(site, "Asked", site.example_path, webhook, 0),
        _call(
            site,
            "Begin",
            "POST",
            site.api("runs"),
            1,
            {"goal": "={{ $json.body.goal }}"},
            credential=key,
            headers={"Idempotency-Key": "=n8n:{{ $execution.id }}"},
        ),
        _node(
            site,
            "A while",
            "wait",
            1.1,
            2,
            {"resume": "timeInterval", "amount": 3, "unit": "seconds"},
        ),
        _call(site, "Look", "GET", f"={look}", 3, None, credential=key),
        _node(
            site,
            "Over",
            "switch",
            3.2,
            4,
            {
                "mode": "expression",
                "numberOutputs": 2,
                "output": "={{ $json.ended_at === null ? 0 : 1 }}",
            },
        ),
        _node(site, "Done", "noOp", 1, 5, {}),
    ]
    connections = {
        "Asked": _to("Begin"),
        "Begin": _to("A while"),
        "A while": _to("Look"),
        "Look": _to("Over"),
        "Over": _ways("A while", "Done"),
    }
    return _workflow(site.example_title, nodes, connections, {})


def _workflow(name: str, nodes: list[Json], connections: Json, settings: Json) -> Json:
    shared = {"executionOrder": "v1", "saveManualExecutions": True, "callerPolicy": "none"}
    return {
        "name": name,
        "nodes": nodes,
        "connections": connections,
        "settings": {**shared, **settings},
    }


def _next(site: Site, place: int) -> Json:
    words = ", ".join(f"'{each}'" for each in NEXT)
    parameters = {
        "mode": "expression",
        "numberOutputs": len(NEXT),
        "output": f"={{{{ [{words}].indexOf($json.next) }}}}",
    }
    return _node(site, "Next", "switch", 3.2, place, parameters)


def _webhook(site: Site, name: str, path: str, credential: CredentialRef, place: int) -> Json:
    parameters: Json = {
        "httpMethod": "POST",
        "path": path,
        "authentication": "jwtAuth",
        "responseMode": "onReceived",
        "options": {},
    }
    return _node(
        site,
        name,
        "webhook",
        2,
        place,
        parameters,
        webhookId=_id_of(site, name, "webhook"),
        credentials=credential.as_json(),
    )


def _step(site: Site, name: str, verb: str, place: int) -> Json:
    """A call of ours with the pass of the run; the same call, repeated, has the same key."""
    run = "$('Trigger').first().json.jwtPayload"
    return _call(
        site,
        name,
        "POST",
        "=" + site.api(f"run-steps/{verb}"),
        place,
        {
            "execution_id": "={{ String($execution.id) }}",
            "resume_url": "={{ $execution.resumeUrl }}",
        },
        headers={
            "Authorization": f"=Bearer {{{{ {run}.pass }}}}",
            "Idempotency-Key": f"={{{{ {run}.run }}}}:{verb}:{{{{ $runIndex }}}}",
        },
    )


def _call(
    site: Site,
    name: str,
    method: str,
    url: str,
    place: int,
    body: dict[str, str] | None,
    *,
    credential: CredentialRef | None = None,
    headers: dict[str, str] | None = None,
) -> Json:
    parameters: Json = {
        "method": method,
        "url": url,
        "options": {"timeout": _TIMEOUT_MS, "redirect": {"redirect": {"followRedirects": False}}},
    }
    if credential is not None:
        parameters |= {
            "authentication": "genericCredentialType",
            "genericAuthType": credential.kind,
        }
    if headers:
        parameters |= {"sendHeaders": True, "headerParameters": _pairs(headers)}
    if body is not None:
        parameters |= {"sendBody": True, "bodyParameters": _pairs(body)}
    return _node(
        site,
        name,
        "httpRequest",
        4.2,
        place,
        parameters,
        retryOnFail=True,
        maxTries=_TRIES,
        waitBetweenTries=_PAUSE_MS,
        **({} if credential is None else {"credentials": credential.as_json()}),
    )


def _node(
    site: Site, name: str, kind: str, version: float, place: int, parameters: Json, **more: Any
) -> Json:
    return {
        "id": _id_of(site, name, kind),
        "name": name,
        "type": f"n8n-nodes-base.{kind}",
        "typeVersion": version,
        "position": [place * _WIDTH, 0],
        "parameters": parameters,
        **more,
    }


def _note(site: Site, words: str) -> Json:
    content = f"Made by Vectal at {site.callback_url}; its next deployment undoes changes. {words}"
    note = _node(site, "Note", "stickyNote", 1, 0, {"content": content, "height": 160})
    return {**note, "position": [0, -_WIDTH]}


def _pairs(values: dict[str, str]) -> Json:
    return {"parameters": [{"name": name, "value": value} for name, value in values.items()]}


def _id_of(site: Site, *parts: str) -> str:
    """The same for the same node, so that a deployment that changes nothing changes nothing."""
    return str(uuid5(NAMESPACE_URL, f"vectal:{site.name}:{':'.join(parts)}"))


def _to(*names: str) -> Json:
    """One way out, to all of these."""
    return {"main": [[{"node": name, "type": "main", "index": 0} for name in names]]}


def _ways(*names: str) -> Json:
    """A way out for each of these."""
    return {"main": [[{"node": name, "type": "main", "index": 0}] for name in names]}
