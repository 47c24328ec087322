"""An n8n as far as we lean on it, over real sockets: its API, webhooks, and executions.

It walks the workflows that were deployed to it, node by node, and reads the few expressions that
they hold. What it does when it is killed is what the real one does: an execution that was running
is `crashed` after the next start, says nothing, and can be tried again from the node that it had
not got past; one that waits goes on waiting.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qs, urlsplit

import httpx2
from tests.research.emulator import Asked, Reply, serving

from vectal.platform.background import end_tasks
from vectal.platform.clock import utc_now

Json: TypeAlias = dict[str, Any]

API_KEY: Final = "n8n_api_key"
OWNER: Final = ("owner@example.com", "Correct-horse-1")
_EXPRESSION: Final = re.compile(r"\{\{([^{}]+)\}\}")


@dataclass
class Execution:
    """`stack` is the node to run next and its input; `runs` what each node gave, run by run."""

    id: str
    workflow: Json
    stack: tuple[str, Json]
    status: str = "running"
    error: str = ""
    runs: dict[str, list[Json]] = field(default_factory=dict[str, list[Json]])
    retry_of: str | None = None
    token: str = "signature"


@dataclass
class FakeN8n:
    """State that outlives a kill is what the real one keeps in its database."""

    url: str = ""
    workflows: dict[str, Json] = field(default_factory=dict[str, Json])
    credentials: dict[str, Json] = field(default_factory=dict[str, Json])
    executions: dict[str, Execution] = field(default_factory=dict[str, Execution])
    has_owner: bool = True
    keys: list[Json] = field(default_factory=list[Json])
    is_away: bool = False
    is_starting: bool = False
    """It listens, and knows none of its doors yet."""
    asked: list[Asked] = field(default_factory=list[Asked])
    step_s: float = 0.0
    """How long each node takes beside what it does."""
    calls: Callable[[str, Json], Json | None] | None = None
    """A webhook of a user's own: its path and body to its answer; None is 404."""
    _tasks: list[asyncio.Task[None]] = field(default_factory=list[asyncio.Task[None]])

    # --- its process -------------------------------------------------------------------------

    async def kill(self) -> None:
        """As `kill -9`; executions stay as they were saved."""
        self.is_away = True
        tasks, self._tasks = self._tasks, []
        await end_tasks(tasks)

    def start(self) -> None:
        """After a start, what was running is known to have crashed."""
        self.is_away = False
        for each in self.executions.values():
            if each.status == "running":
                each.status = "crashed"

    # --- its doors -----------------------------------------------------------------------------

    def reply(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        if self.is_away or self.is_starting:
            return Reply.of({"message": "not here"}, 503 if self.is_away else 404)
        path = urlsplit(asked.path).path
        body: Json = json.loads(asked.body or b"{}")
        if path.startswith("/rest/"):
            return self._rest(asked, path.removeprefix("/rest/"), body)
        if path.startswith("/api/v1/"):
            if asked.headers.get("x-n8n-api-key") != self._key():
                return Reply.of({"message": "unauthorized"}, 401)
            return self._api(asked, path.removeprefix("/api/v1/"), body)
        if path.startswith("/webhook-waiting/"):
            return self._resume(asked, path.rsplit("/", 1)[1])
        return self._webhook(asked, path.removeprefix("/webhook/"), body)

    def _key(self) -> str:
        return self.keys[-1]["rawApiKey"] if self.keys else API_KEY

    def _rest(self, asked: Asked, path: str, body: Json) -> Reply:
        if path == "settings":
            management = {"showSetupOnFirstLoad": not self.has_owner}
            return Reply.of({"data": {"userManagement": management}})
        if path in ("login", "owner/setup"):
            return self._enter(path, body)
        if asked.headers.get("cookie") != "n8n-auth=a.b.c":
            return Reply.of({"message": "unauthorized"}, 401)
        return self._own_keys(asked.method, path, body)

    def _enter(self, path: str, body: Json) -> Reply:
        email = body.get("emailOrLdapLoginId", body.get("email"))
        if path == "login" and (email, body["password"]) != OWNER:
            return Reply.of({"message": "wrong"}, 401)
        self.has_owner = True
        cookie = {"set-cookie": "n8n-auth=a.b.c; Max-Age=604800; Path=/; HttpOnly"}
        return Reply(200, b'{"data": {}}', {**cookie, "content-type": "application/json"})

    def _own_keys(self, method: str, path: str, body: Json) -> Reply:
        if method == "GET":
            shown = [{"id": each["id"], "label": each["label"]} for each in self.keys]
            return Reply.of({"data": {"items": shown, "count": len(shown)}})
        if method == "DELETE":
            self.keys = [each for each in self.keys if each["id"] != path.rsplit("/", 1)[1]]
            return Reply.of({"data": {"success": True}})
        if any(each["label"] == body["label"] for each in self.keys):
            return Reply.of({"message": "There is already an entry with this name"}, 400)
        made = {**body, "id": f"key{len(self.asked)}", "rawApiKey": f"raw{len(self.asked)}"}
        self.keys.append(made)
        return Reply.of({"data": made})

    def _api(self, asked: Asked, path: str, body: Json) -> Reply:
        what, *rest = path.split("/")
        if what == "executions":
            return self._executions(asked, rest)
        table = self.workflows if what == "workflows" else self.credentials
        if not rest and asked.method == "GET":
            return Reply.of({"data": list(table.values()), "nextCursor": None})
        if not rest:
            id_ = f"{what[:2]}{len(table) + 1}"
            own = {"active": False, "isArchived": False} if what == "workflows" else {}
            table[id_] = {"createdAt": str(utc_now()), **body, **own, "id": id_}
            return Reply.of(table[id_])
        known = table.get(rest[0])
        if known is None:
            return Reply.of({"message": "Not Found"}, 404)
        if rest[1:] == ["activate"]:
            known["active"] = True
        elif asked.method == "PUT":
            known.update(body)
        return Reply.of(known)

    def _executions(self, asked: Asked, rest: list[str]) -> Reply:
        if not rest:
            query = parse_qs(urlsplit(asked.path).query)
            found = [
                {"id": each.id, "status": each.status}
                for each in reversed(self.executions.values())
                if query.get("status", [each.status]) == [each.status]
                and query.get("workflowId", [each.workflow["id"]]) == [each.workflow["id"]]
            ]
            return Reply.of({"data": found, "nextCursor": None})
        known = self.executions.get(rest[0])
        if known is None:
            return Reply.of({"message": "Not Found"}, 404)
        if rest[1:] == ["retry"]:
            if known.status in ("success", "running", "waiting"):
                return Reply.of({"message": "It can't be retried."}, 409)
            runs = {name: list(each) for name, each in known.runs.items()}
            again = self._add(known.workflow, known.stack, runs, known.id)
            return Reply.of({"id": again.id})
        return Reply.of({"id": known.id, "status": known.status})

    def _webhook(self, asked: Asked, path: str, body: Json) -> Reply:
        for workflow in self.workflows.values():
            for node in workflow["nodes"] if workflow["active"] else ():
                if not node["type"].endswith(".webhook") or node["parameters"]["path"] != path:
                    continue
                payload = self.verified(node, asked)
                if payload is None:
                    return Reply.of({"message": "invalid signature"}, 403)
                self._add(workflow, (node["name"], {"body": body, "jwtPayload": payload}))
                return Reply.of({"message": "Workflow was started"})
        answer = None if self.calls is None else self.calls(path, body)
        return Reply(404) if answer is None else Reply.of(answer)

    def _resume(self, asked: Asked, execution_id: str) -> Reply:
        known = self.executions.get(execution_id)
        if known is None or known.status != "waiting":
            return Reply.of({"message": "The execution has finished already."}, 409)
        node = self._node(known, known.stack[0])
        signature = parse_qs(urlsplit(asked.path).query).get("signature", [""])[0]
        if signature != known.token or self.verified(node, asked) is None:
            return Reply.of({"message": "invalid token"}, 401)
        known.status = "running"
        known.runs.setdefault(node["name"], []).append({"body": {}})
        self._go_on(known, self._after(known, node["name"], 0, {"body": {}}))
        return Reply.of({"message": "Workflow was started"})

    def verified(self, node: Json, asked: Asked) -> Json | None:
        """The claims of a JWT that is signed with the node's credential, and is not too old."""
        credential = self.credentials[node["credentials"]["jwtAuth"]["id"]]
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        signed, _, mac = token.rpartition(".")
        right = hmac.digest(credential["data"]["secret"].encode(), signed.encode(), "sha256")
        if _b64(right) != mac:
            return None
        payload: Json = json.loads(_unb64(signed.partition(".")[2]))
        return payload if payload["exp"] > utc_now().timestamp() else None

    # --- its executions ------------------------------------------------------------------------

    def _add(
        self,
        workflow: Json,
        stack: tuple[str, Json],
        runs: dict[str, list[Json]] | None = None,
        retry_of: str | None = None,
    ) -> Execution:
        made = Execution(str(len(self.executions) + 1), workflow, stack, runs=runs or {})
        made.retry_of = retry_of
        self.executions[made.id] = made
        self._go_on(made, stack)
        return made

    def _go_on(self, execution: Execution, stack: tuple[str, Json] | None) -> None:
        self._tasks.append(asyncio.create_task(self._run(execution, stack)))

    async def _run(self, execution: Execution, stack: tuple[str, Json] | None) -> None:
        try:
            while stack is not None:
                # Saved before the node begins: a retry begins with it again.
                execution.stack = stack
                name, given = stack
                await asyncio.sleep(self.step_s)
                way, given = await self._work(execution, self._node(execution, name), given)
                if execution.status == "waiting":
                    return
                execution.runs.setdefault(name, []).append(given)
                stack = self._after(execution, name, way, given)
            execution.status = "success"
        except Exception as error:  # noqa: BLE001 - a node that fails ends its execution
            execution.status, execution.error = "error", repr(error)
            await self._tell_of_failure(execution)

    async def _tell_of_failure(self, failed: Execution) -> None:
        other = self.workflows.get(failed.workflow["settings"].get("errorWorkflow", ""))
        if other is not None:
            start = next(n for n in other["nodes"] if n["type"].endswith(".errorTrigger"))
            self._add(other, (start["name"], {"execution": {"id": failed.id}}))

    async def _work(self, execution: Execution, node: Json, given: Json) -> tuple[int, Json]:
        """The way out that the node takes, and what it gives."""
        kind, parameters = node["type"].removeprefix("n8n-nodes-base."), node["parameters"]

        def read(value: Any) -> Any:
            return self._read(execution, node["name"], given, value)

        if kind == "httpRequest":
            return 0, await self._call(node, read)
        if kind == "switch":
            return int(read(parameters["output"])), given
        if kind == "wait" and parameters["resume"] == "webhook":
            execution.status = "waiting"
        elif kind == "wait":
            await asyncio.sleep(float(read(parameters["amount"])))
        return 0, given

    async def _call(self, node: Json, read: Callable[[Any], Any]) -> Json:
        parameters = node["parameters"]
        headers = {
            each["name"]: read(each["value"])
            for each in parameters.get("headerParameters", {}).get("parameters", ())
        }
        if "genericAuthType" in parameters:
            data = self.credentials[node["credentials"]["httpHeaderAuth"]["id"]]["data"]
            headers[data["name"]] = data["value"]
        pairs = parameters.get("bodyParameters", {}).get("parameters", ())
        body = {each["name"]: read(each["value"]) for each in pairs}
        content = json.dumps(body).encode() if parameters.get("sendBody") else None
        if content is not None:
            headers["content-type"] = "application/json"
        async with httpx2.AsyncClient(timeout=60) as http:
            answer = await http.request(
                parameters["method"], read(parameters["url"]), headers=headers, content=content
            )
        answer.raise_for_status()
        return answer.json() or {}

    def _node(self, execution: Execution, name: str) -> Json:
        return next(n for n in execution.workflow["nodes"] if n["name"] == name)

    def _after(
        self, execution: Execution, name: str, way: int, given: Json
    ) -> tuple[str, Json] | None:
        ways = execution.workflow["connections"].get(name, {"main": []})["main"]
        return (ways[way][0]["node"], given) if way < len(ways) and ways[way] else None

    def _read(self, execution: Execution, name: str, given: Json, value: Any) -> Any:
        """A parameter; text that begins with `=` holds expressions."""
        if not isinstance(value, str) or not value.startswith("="):
            return value
        text = value[1:]

        def evaluated(found: re.Match[str]) -> Any:
            return self._evaluate(execution, name, given, found[1].strip())

        whole = _EXPRESSION.fullmatch(text)
        if whole:
            return evaluated(whole)
        return _EXPRESSION.sub(lambda found: str(evaluated(found)), text)

    def _evaluate(self, execution: Execution, name: str, given: Json, words: str) -> Any:
        def inner(part: str) -> Any:
            return self._evaluate(execution, name, given, part)

        plain = {
            "$runIndex": len(execution.runs.get(name, ())),
            "$execution.id": execution.id,
            # The host that n8n takes itself for need not be that by which we reach it.
            "$execution.resumeUrl": (
                f"http://n8n.inside/webhook-waiting/{execution.id}?signature={execution.token}"
            ),
        }
        if words in plain:
            return plain[words]
        if text := re.fullmatch(r"String\((.+?)(?: \?\? '')?\)", words):
            return str(inner(text[1]))
        if chosen := re.fullmatch(r"\[(.+)\]\.indexOf\((.+)\)", words):
            names = [each.strip().strip("'") for each in chosen[1].split(",")]
            return names.index(inner(chosen[2]))
        if asked := re.fullmatch(r"(.+) === null \? (\d) : (\d)", words):
            return asked[2] if inner(asked[1]) is None else asked[3]
        if other := re.fullmatch(r"\$\('(.+)'\)\.first\(\)\.json\.(.+)", words):
            return _dig(execution.runs[other[1]][0], other[2])
        own = re.fullmatch(r"\$json\.(.+)", words)
        assert own is not None, f"the fake n8n can't read {words}"
        return _dig(given, own[1])


def _dig(value: Any, path: str) -> Any:
    for part in path.replace("?.", ".").split("."):
        value = value[part]
    return value


def _b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@asynccontextmanager
async def open_n8n() -> AsyncGenerator[FakeN8n]:
    n8n = FakeN8n()
    async with serving(n8n.reply) as server:
        n8n.url = f"http://127.0.0.1:{server.port}"
        try:
            yield n8n
        finally:
            await n8n.kill()
