import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
/** Of this machine, but not the address that the tests' Vectal listens on: it is opened alone. */
export const TOOL_HOST = "127.0.0.2";
const START_MS = 60_000;

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, TOOL_HOST);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** A real server of the protocol with one tool, `find_issue`, of this description. */
export class ToolServer {
  readonly url: string;
  readonly #process: ChildProcess;

  private constructor(port: number, child: ChildProcess) {
    this.url = `http://${TOOL_HOST}:${port}/mcp`;
    this.#process = child;
  }

  static async start(port: number, description: string): Promise<ToolServer> {
    const program = [here("tool-server.py"), String(port), description];
    const child = spawn(here("../../.venv/bin/python"), program, { stdio: "ignore" });
    const server = new ToolServer(port, child);
    const until = Date.now() + START_MS;
    while (!(await listens(port))) {
      if (Date.now() > until || child.exitCode !== null) {
        await server.stop();
        throw new Error("The tool server didn't start.");
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return server;
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await ended;
  }
}
