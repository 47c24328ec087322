"""An emulator of OpenAI's and Anthropic's batch endpoints, over real sockets.

It keeps files and jobs, checks what it is sent as the vendors do, and answers each line with its
own question, or as the question says: `fail`, `expire`. Jobs go on when the test says so. At a
point of `stalls` it hangs once, so that whoever waits can be killed there.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.parser import BytesParser
from typing import Any, Literal

Point = Literal["upload", "before_create", "after_create", "poll", "results"]
Kind = Literal["openai", "anthropic"]

KEY = "sk-emulated-0123456789"
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")
_PAGE = 100


@dataclass
class Job:
    """A job at the vendor; `outcomes` come when it has ended, by custom_id."""

    id: str
    kind: Kind
    created: float
    lines: list[dict[str, Any]]
    metadata: dict[str, str] = field(default_factory=dict[str, str])
    endpoint: str = ""
    state: Literal["running", "cancelling", "ended", "failed"] = "running"
    verdict: str = "completed"
    done: int | None = None
    """How many lines are answered when it ends; None is all of them."""
    files: dict[str, str] = field(default_factory=dict[str, str])


@dataclass
class Emulator:
    port: int = 0
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    jobs: dict[str, Job] = field(default_factory=dict[str, Job])
    stalls: set[Point] = field(default_factory=set[Point])
    stalled: asyncio.Queue[Point] = field(default_factory=asyncio.Queue[Point])
    auto: bool = True
    """End jobs by themselves, at the second look."""
    looks: dict[str, int] = field(default_factory=dict[str, int])
    cancels: list[str] = field(default_factory=list[str])
    refuse: int | None = None
    """The status of every job that is to be made; None takes them."""
    page: int = _PAGE
    open: asyncio.Event = field(default_factory=asyncio.Event)
    """Until it is set, calls of single lines hang."""
    asked: int = 0
    """How many single calls have come to OpenAI's endpoint."""
    asking: asyncio.Queue[int] = field(default_factory=asyncio.Queue[int])
    seen: list[str] = field(default_factory=list[str])

    def url(self, kind: Kind) -> str:
        base = f"http://127.0.0.1:{self.port}/{kind}"
        return f"{base}/v1" if kind == "openai" else base

    def end(self, job: Job, verdict: str = "completed", done: int | None = None) -> None:
        """The vendor is done with a job: all of it, or as far as `done`."""
        job.state, job.verdict, job.done = "ended", verdict, done

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                while True:
                    method, path, headers, body = await _read(reader)
                    self.seen.append(f"{method} {path}")
                    await self._answer(method, path, headers, body, writer)
                    await writer.drain()
        finally:
            writer.close()

    async def _answer(
        self, method: str, path: str, headers: dict[str, str], body: bytes, writer: Any
    ) -> None:
        _, kind, _, *rest = path.partition("?")[0].split("/")
        query = dict(
            pair.split("=", 1) for pair in path.partition("?")[2].split("&") if "=" in pair
        )
        told = headers.get("authorization") == f"Bearer {KEY}" or headers.get("x-api-key") == KEY
        if not told:
            return _send(writer, 401, _problem(kind, "authentication_error", "Wrong key."))
        if kind == "openai":
            return await self._openai(method, rest, query, body, headers, writer)
        if "anthropic-version" not in headers:
            return _send(writer, 400, _problem(kind, "invalid_request_error", "No version."))
        return await self._anthropic(method, rest, query, body, writer)

    # --- OpenAI -------------------------------------------------------------------------------

    async def _openai(
        self,
        method: str,
        path: list[str],
        query: dict[str, str],
        body: bytes,
        headers: dict[str, str],
        writer: Any,
    ) -> None:
        match (method, path):
            case ("POST", ["files"]):
                await self._stall("upload")
                fields = _form(headers["content-type"], body)
                assert fields["purpose"] == b"batch"
                file_id = f"file-{len(self.files)}"
                self.files[file_id] = fields["file"]
                _send(writer, 200, {"id": file_id, "object": "file", "purpose": "batch"})
            case ("GET", ["files", file_id, "content"]):
                await self._lines(self.files[file_id], writer)
            case ("POST", ["chat", "completions"]):
                self.asked += 1
                self.asking.put_nowait(self.asked)
                await self.open.wait()
                line = {"custom_id": "", "url": "", "body": json.loads(body)}
                response = _openai_result(line, "ok")["response"]
                _send(writer, 200, response["body"])
            case ("POST", ["batches"]):
                await self._make_openai(json.loads(body), writer)
            case ("GET", ["batches"]):
                rows = self._listed("openai")
                _send(writer, 200, self._paged(rows, query.get("after"), _openai_object))
            case ("GET", ["batches", job_id]):
                await self._look(job_id)
                _send(writer, 200, _openai_object(self.jobs[job_id]))
            case ("POST", ["batches", job_id, "cancel"]):
                self._cancel(job_id, writer)
            case _:
                _send(writer, 404, _problem("openai", "not_found_error", "Nothing there."))

    async def _make_openai(self, asked: dict[str, Any], writer: Any) -> None:
        await self._stall("before_create")
        if self.refuse is not None:
            return _send(writer, self.refuse, _problem("openai", "refused", "Not today."))
        assert asked["completion_window"] == "24h"
        lines = [json.loads(line) for line in self.files[asked["input_file_id"]].splitlines()]
        job = self._add("openai", lines)
        job.metadata, job.endpoint = asked.get("metadata") or {}, asked["endpoint"]
        models = {line["body"]["model"] for line in lines}
        urls = {line["url"] for line in lines}
        names = {line["custom_id"] for line in lines}
        if len(models) > 1 or urls != {asked["endpoint"]} or len(names) < len(lines):
            job.state = "failed"
        await self._stall("after_create")
        return _send(writer, 200, _openai_object(job))

    # --- Anthropic ----------------------------------------------------------------------------

    async def _anthropic(
        self, method: str, path: list[str], query: dict[str, str], body: bytes, writer: Any
    ) -> None:
        if (method, path) == ("POST", ["messages"]):
            line = {"custom_id": "", "params": json.loads(body)}
            return _send(writer, 200, _anthropic_result(line, "ok")["result"]["message"])
        match (method, path[2:]):
            case ("POST", []):
                await self._make_anthropic(json.loads(body), writer)
            case ("GET", []):
                rows = self._listed("anthropic")
                _send(writer, 200, self._paged(rows, query.get("after_id"), self._object))
            case ("GET", [job_id]):
                await self._look(job_id)
                _send(writer, 200, self._object(self.jobs[job_id]))
            case ("POST", [job_id, "cancel"]):
                self._cancel(job_id, writer)
            case ("GET", [job_id, "results"]):
                job = self.jobs[job_id]
                if job.state != "ended":
                    return _send(writer, 404, _problem(job.kind, "not_found_error", "Early."))
                rows = [_anthropic_result(line, _outcome(job, n)) for n, line in _each(job)]
                await self._lines(_jsonl(rows), writer)
            case _:
                _send(writer, 404, _problem("anthropic", "not_found_error", "Nothing there."))
        return None

    async def _make_anthropic(self, asked: dict[str, Any], writer: Any) -> None:
        await self._stall("before_create")
        lines = asked["requests"]
        names = [line["custom_id"] for line in lines]
        is_bad = len(set(names)) < len(names) or not all(map(_NAME.fullmatch, names))
        if self.refuse is not None or is_bad:
            problem = _problem("anthropic", "invalid_request_error", "Not today.")
            return _send(writer, self.refuse or 400, problem)
        job = self._add("anthropic", lines)
        await self._stall("after_create")
        return _send(writer, 200, self._object(job))

    def _object(self, job: Job) -> dict[str, Any]:
        total = len(job.lines)
        ended = job.state == "ended"
        names = ("processing", "succeeded", "errored", "canceled", "expired")
        counts: dict[str, int] = dict.fromkeys(names, 0)
        if ended:
            for number, _ in _each(job):
                name = {"ok": "succeeded", "failed": "errored"}
                outcome = _outcome(job, number)
                counts[name.get(outcome, outcome)] += 1
        else:
            counts["processing"] = total
        status = {"running": "in_progress", "cancelling": "canceling"}.get(job.state, job.state)
        url = f"{self.url('anthropic')}/v1/messages/batches/{job.id}/results"
        return {
            "id": job.id,
            "type": "message_batch",
            "processing_status": status,
            "request_counts": counts,
            "created_at": datetime.fromtimestamp(job.created, UTC).isoformat(),
            "results_url": url if ended else None,
        }

    # --- both ---------------------------------------------------------------------------------

    def _add(self, kind: Kind, lines: list[dict[str, Any]]) -> Job:
        prefix = "batch_" if kind == "openai" else "msgbatch_"
        job = Job(f"{prefix}{len(self.jobs)}", kind, time.time(), lines)
        self.jobs[job.id] = job
        return job

    def _listed(self, kind: Kind) -> list[Job]:
        """The newest first. Who lists jobs sees them go on."""
        jobs = [job for job in reversed(self.jobs.values()) if job.kind == kind]
        for job in jobs:
            self._go_on(job)
        return jobs

    def _paged(self, rows: list[Job], after: str | None, shown: Any) -> dict[str, Any]:
        ids = [job.id for job in rows]
        start = ids.index(after) + 1 if after else 0
        page = rows[start : start + self.page]
        return {
            "object": "list",
            "data": [shown(job) for job in page],
            "has_more": start + self.page < len(rows),
        }

    async def _look(self, job_id: str) -> None:
        await self._stall("poll")
        self._go_on(self.jobs[job_id])

    def _go_on(self, job: Job) -> None:
        self.looks[job.id] = self.looks.get(job.id, 0) + 1
        if job.state == "cancelling":
            self.end(job, "cancelled", job.done or 0)
        elif self.auto and job.state == "running" and self.looks[job.id] > 1:
            self.end(job)
        if job.kind == "openai" and job.state == "ended" and not job.files:
            self._write(job)

    def _write(self, job: Job) -> None:
        good, bad = list[Any](), list[Any]()
        for number, line in _each(job):
            outcome = _outcome(job, number)
            (good if outcome == "ok" else bad).append(_openai_result(line, outcome))
        for name, rows in (("output_file_id", good), ("error_file_id", bad)):
            if rows:
                file_id = f"file-{len(self.files)}"
                self.files[file_id] = _jsonl(rows)
                job.files[name] = file_id

    def _cancel(self, job_id: str, writer: Any) -> None:
        job = self.jobs[job_id]
        self.cancels.append(job_id)
        if job.state != "running":
            problem = _problem(job.kind, "invalid_request_error", "It has ended.")
            return _send(writer, 409, problem)
        job.state = "cancelling"
        shown = _openai_object if job.kind == "openai" else self._object
        return _send(writer, 200, shown(job))

    async def _lines(self, body: bytes, writer: Any) -> None:
        writer.write(f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        half = body.index(b"\n", len(body) // 2) + 1
        writer.write(body[:half])
        await writer.drain()
        await self._stall("results")
        writer.write(body[half:])

    async def _stall(self, point: Point) -> None:
        if point in self.stalls:
            self.stalls.discard(point)
            self.stalled.put_nowait(point)
            await asyncio.Event().wait()


@asynccontextmanager
async def running_emulator() -> AsyncGenerator[Emulator]:
    emulator = Emulator()
    emulator.open.set()
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(emulator.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(accept, "127.0.0.1", 0, limit=1 << 20)
    emulator.port = server.sockets[0].getsockname()[1]
    try:
        yield emulator
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _read(reader: asyncio.StreamReader) -> tuple[str, str, dict[str, str], bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    pairs = (line.partition(": ") for line in lines if line)
    headers = {name.lower(): value for name, _, value in pairs}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    method, path, _ = first.split(" ")
    return method, path, headers, body


def _send(writer: Any, status: int, body: dict[str, Any]) -> None:
    text = json.dumps(body).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n"
    writer.write(f"{head}Content-Length: {len(text)}\r\n\r\n".encode() + text)


def _problem(kind: str, type_: str, message: str) -> dict[str, Any]:
    error = {"type": type_, "message": message}
    return {"type": "error", "error": error} if kind == "anthropic" else {"error": error}


def _form(kind: str, body: bytes) -> dict[str, bytes]:
    """The parts of a form by their names, read by the standard library."""
    message = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    found: dict[str, bytes] = {}
    for part in message.walk():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            found[str(part.get_param("name", header="content-disposition"))] = content
    return found


def _each(job: Job) -> list[tuple[int, dict[str, Any]]]:
    return list(enumerate(job.lines))


def _outcome(job: Job, number: int) -> str:
    """How a line ended: `ok`, `failed`, or what the vendor calls its other ends."""
    if job.done is not None and number >= job.done:
        return "expired" if job.verdict == "expired" else "canceled"
    text = _question(job.lines[number])
    return {"fail": "failed", "expire": "expired"}.get(text, "ok")


def _question(line: dict[str, Any]) -> str:
    body: dict[str, Any] = line.get("body") or line["params"]
    if "input" in body:
        return str(body["input"])
    return str(body["messages"][-1]["content"])


def _openai_object(job: Job) -> dict[str, Any]:
    status = {"running": "in_progress", "ended": job.verdict}.get(job.state, job.state)
    return {
        "id": job.id,
        "object": "batch",
        "endpoint": job.endpoint,
        "status": status,
        "created_at": int(job.created),
        "metadata": job.metadata,
        "output_file_id": job.files.get("output_file_id"),
        "error_file_id": job.files.get("error_file_id"),
        "errors": {"data": [{"code": "bad", "message": "Bad lines."}]}
        if job.state == "failed"
        else None,
    }


def _openai_result(line: dict[str, Any], outcome: str) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": f"batch_req_{line['custom_id']}",
        "custom_id": line["custom_id"],
        "response": None,
        "error": None,
    }
    model, text = line["body"]["model"], _question(line)
    if outcome in {"expired", "canceled"}:
        code = "batch_expired" if outcome == "expired" else "batch_cancelled"
        return {**row, "error": {"code": code, "message": "It was not executed."}}
    if outcome == "failed":
        body = _problem("openai", "invalid_request_error", f"Refused for {KEY}.")
        return {**row, "response": {"status_code": 400, "request_id": "r", "body": body}}
    if line["url"] == "/v1/embeddings":
        vector = {"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}
        usage = {"prompt_tokens": 10, "total_tokens": 10}
        body = {"object": "list", "model": model, "data": [vector], "usage": usage}
    elif line["url"] == "/v1/responses":
        part: dict[str, Any] = {"type": "output_text", "text": text, "annotations": []}
        message: dict[str, Any] = {"type": "message", "role": "assistant", "content": [part]}
        error = {"code": "server_error", "message": "It broke."} if text == "broke" else None
        body = {
            "id": "resp_1", "object": "response", "model": model, "error": error,
            "status": "completed" if error is None else "failed",
            "output": [message] if error is None else [],
            "usage": {"input_tokens": 10, "output_tokens": 4} if error is None else None,
        }  # fmt: skip
    else:
        message = {"role": "assistant", "content": text}
        body = {
            "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": model,
            "choices": [{"index": 0, "finish_reason": "stop", "message": message}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 4, "total_tokens": 14},
        }  # fmt: skip
    return {**row, "response": {"status_code": 200, "request_id": "r", "body": body}}


def _anthropic_result(line: dict[str, Any], outcome: str) -> dict[str, Any]:
    if outcome in {"expired", "canceled"}:
        return {"custom_id": line["custom_id"], "result": {"type": outcome}}
    if outcome == "failed":
        problem = _problem("anthropic", "invalid_request_error", f"Refused for {KEY}.")
        return {"custom_id": line["custom_id"], "result": {"type": "errored", "error": problem}}
    message = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": line["params"]["model"],
        "content": [{"type": "text", "text": _question(line)}],
        "stop_reason": "end_turn", "stop_sequence": None,
        "usage": {"input_tokens": 10, "output_tokens": 4},
    }  # fmt: skip
    result = {"type": "succeeded", "message": message}
    return {"custom_id": line["custom_id"], "result": result}


def _jsonl(rows: list[Any]) -> bytes:
    # In another order than they came, as vendors say it may be.
    return b"".join(json.dumps(row).encode() + b"\n" for row in reversed(rows))
