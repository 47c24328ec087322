"""The client's side of the protocol, against the protocol's own server."""

import asyncio
import json
import sys
import textwrap
from pathlib import Path

import psutil
import pytest
from tests.mcp.conftest import LONG, SHORT, MakeSession
from tests.mcp.stand import real_server

from vectal.mcp.answers import read_answer
from vectal.mcp.errors import ServerFailedError
from vectal.mcp.wire.session import Session
from vectal.mcp.wire.stdio import StdioChannel, StdioServer

PROGRAM = """
import os, sys
from mcp.server.mcpserver import MCPServer

server = MCPServer("Programs", version="3")

@server.tool(structured_output=False)
def show_environment() -> str:
    "Show what the program was given."
    return " ".join(sorted(os.environ))

@server.tool(structured_output=False)
def show_folder() -> str:
    "Show where it is."
    return os.getcwd()

server.run(transport="stdio")
"""


@pytest.mark.parametrize("json_response", [True, False], ids=["json", "stream"])
@pytest.mark.parametrize("stateless", [True, False], ids=["stateless", "stateful"])
async def test_a_tool_is_listed_and_called(
    make_session: MakeSession, *, json_response: bool, stateless: bool
) -> None:
    async with real_server(json_response=json_response, stateless=stateless) as server:
        session = make_session(server.url)
        hello = await session.open()
        assert (hello.server, hello.protocol) == ("Tracker 1.2", "2025-11-25")
        assert hello.has_tools
        listing = await session.list_tools()
        assert [each.name for each in listing.tools] == ["find_issue", "fail"]
        assert listing.tools[0].description == "Find an issue by its number."
        assert listing.tools[0].schema["required"] == ["number"]
        assert listing.tools[0].fault == ""
        answer = read_answer(await session.call("find_issue", {"number": 7}))
        assert (answer.ok, answer.content) == (True, "issue 7 is open")
        assert server.calls == ["find_issue 7 open"]
        failed = read_answer(await session.call("fail", {}))
        assert not failed.ok
        assert "the tracker is <b>down</b>" in failed.content
        assert "down" not in failed.summary
        last = server.requests[-1]
        assert last["mcp-protocol-version"] == "2025-11-25"
        assert ("mcp-session-id" in last) is not stateless
        await session.close()
        ended = [each for each in server.requests if each[":method"] == "DELETE"]
        assert len(ended) == (0 if stateless else 1)


async def test_the_same_tool_has_the_same_hash_and_another_has_another(
    make_session: MakeSession,
) -> None:
    async with real_server() as server:
        session = make_session(server.url)
        await session.open()
        first, again = await session.list_tools(), await session.list_tools()
        assert [each.sha256 for each in first.tools] == [each.sha256 for each in again.tools]
        assert len({each.sha256 for each in first.tools}) == 2


def _program(tmp_path: Path, source: str = PROGRAM) -> StdioServer:
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(source))
    return StdioServer("programs", sys.executable, (str(path),), {"TRACKER_KEY": "given"})


async def test_a_program_is_a_server_with_a_clean_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VECTAL_MASTER_KEY", "secret")
    channel = await StdioChannel.start(_program(tmp_path), LONG)
    session = Session(channel)
    try:
        hello = await session.open()
        assert hello.server == "Programs 3"
        listing = await session.list_tools()
        assert [each.name for each in listing.tools] == ["show_environment", "show_folder"]
        said = read_answer(await session.call("show_environment", {})).content
        assert set(said.split()) - {"LC_CTYPE"} == {
            "HOME", "LC_ALL", "PATH", "TMPDIR", "TRACKER_KEY",
        }  # fmt: skip
        folder = Path(read_answer(await session.call("show_folder", {})).content)
        assert folder.is_dir()  # noqa: ASYNC240 - one look
    finally:
        await session.close()
    assert not folder.exists()  # noqa: ASYNC240 - the same


_SLEEP = "\nimport time; time.sleep(600)"
HOSTILE = {
    "ends at once": ("raise SystemExit(3)", "has ended"),
    "says nothing": (_SLEEP, "took too long"),
    "is no JSON": ("print('hello', flush=True)" + _SLEEP, "no JSON-RPC"),
    "never ends its line": ("import sys\nwhile True: sys.stdout.write('x' * 65536)", "too large"),
    "asks without end": (
        "for n in range(100):\n"
        '    print(\'{"jsonrpc": "2.0", "id": %d, "method": "ping"}\' % n, flush=True)' + _SLEEP,
        "asks without end",
    ),
    "will not end": (
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('x', flush=True)"
        + _SLEEP,
        "no JSON-RPC",
    ),
}


@pytest.mark.parametrize("what", HOSTILE)
async def test_a_bad_program_is_an_error_and_is_ended(what: str, tmp_path: Path) -> None:
    source, words = HOSTILE[what]
    own = psutil.Process()
    before = {child.pid for child in own.children(recursive=True)}
    channel = await StdioChannel.start(_program(tmp_path, source), SHORT)
    session = Session(channel)
    with pytest.raises(ServerFailedError, match=words):
        await session.open()
    await session.close()
    assert {child.pid for child in own.children(recursive=True)} == before


async def test_a_program_that_is_not_there_is_an_error() -> None:
    with pytest.raises(ServerFailedError, match="can't be started"):
        await StdioChannel.start(StdioServer("none", "/no/such/program"), SHORT)


async def test_a_program_may_ask_whether_we_are_there(tmp_path: Path) -> None:
    source = """
    import json, sys
    for line in sys.stdin:
        message = json.loads(line)
        if message.get("method") == "initialize":
            print(json.dumps({"jsonrpc": "2.0", "id": "p1", "method": "ping"}), flush=True)
            answer = json.loads(sys.stdin.readline())
            asked = {"jsonrpc": "2.0", "id": "p2", "method": "roots/list"}
            print(json.dumps(asked), flush=True)
            refusal = json.loads(sys.stdin.readline())
            result = {"protocolVersion": "2025-06-18", "capabilities": {},
                      "serverInfo": {"name": json.dumps([answer, refusal["error"]["code"]])}}
            print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
    """
    session = Session(await StdioChannel.start(_program(tmp_path, source), LONG))
    try:
        hello = await asyncio.wait_for(session.open(), 60)
    finally:
        await session.close()
    assert json.loads(hello.server) == [{"jsonrpc": "2.0", "id": "p1", "result": {}}, -32601]
    assert hello.protocol == "2025-06-18"
    assert not hello.has_tools
