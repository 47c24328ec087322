"""A tool server for the browser's tests: `tool-server.py PORT DESCRIPTION`, on 127.0.0.2."""

import sys

import uvicorn
from mcp.server.mcpserver import MCPServer

port, description = sys.argv[1:]
server = MCPServer("Tracker", version="1.2")


@server.tool(description=description, structured_output=False)
def find_issue(number: int) -> str:
    return f"issue {number} is open"


app = server.streamable_http_app(host="0.0.0.0")  # noqa: S104 - any name may be in its requests
uvicorn.run(app, host="127.0.0.2", port=int(port), log_level="error", ws="none")
