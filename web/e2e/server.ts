import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const VECTAL = here("../../.venv/bin/vectal");
const ROOT = here("../..");
/** Where the tests' Vectal takes n8n to be. Workflows are registered there; nobody calls it. */
export const N8N_URL = "http://n8n.example:5678";
const START_MS = 120_000;
const STOP_MS = 30_000;

/** A port that nobody listens on right now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}

/** All processes below one, the nearest first. */
function descendants(root: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      // The name in parentheses may hold anything, so count from its end.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      parents.set(Number(name), Number(fields[1]));
    } catch {
      // It ended while we looked.
    }
  }
  const found = [root];
  for (const pid of found) {
    for (const [child, parent] of parents) if (parent === pid) found.push(child);
  }
  return found.slice(1);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Kills the process that answers at `url` as a crash would; its tree starts another in its place. */
export function killServe(url: string): void {
  const port = `VECTAL_PORT=${new URL(url).port}`;
  const pid = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .find((name) => {
      try {
        const words = readFileSync(`/proc/${name}/cmdline`, "utf8").split("\0");
        const settings = readFileSync(`/proc/${name}/environ`, "utf8").split("\0");
        return words.includes("serve") && settings.includes(port);
      } catch {
        return false; // It ended while we looked.
      }
    });
  if (pid === undefined) throw new Error(`nobody serves at ${url}`);
  process.kill(Number(pid), "SIGKILL");
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A real Vectal of its own: `vectal up` on a free port in a new data folder, gone at the end. */
export class VectalServer {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(url: string, child: ChildProcess, folder: string) {
    this.url = url;
    this.#process = child;
    this.#folder = folder;
  }

  /** Starts it at `url` and waits until it answers. */
  static async start(url: string, environment: Record<string, string> = {}): Promise<VectalServer> {
    if (!existsSync(here("../dist/index.html"))) {
      throw new Error("web/dist is missing: run `npm run build` first.");
    }
    const folder = await mkdtemp(join(tmpdir(), "vectal-e2e-"));
    const log = await open(join(folder, "up.log"), "w");
    const child = spawn(VECTAL, ["up"], {
      cwd: ROOT,
      stdio: ["ignore", log.fd, log.fd],
      env: {
        ...process.env,
        VECTAL_DATA_DIR: join(folder, "data"),
        VECTAL_HOST: "127.0.0.1",
        VECTAL_PORT: new URL(url).port,
        VECTAL_WEB_DIR: here("../dist"),
        ...environment,
      },
    });
    await log.close();
    const server = new VectalServer(url, child, folder);
    try {
      await server.#ready();
    } catch (error) {
      const said = (await server.log()).split("\n").slice(-40).join("\n");
      await server.stop();
      throw new Error(`Vectal didn't start: ${String(error)}\n${said}`, { cause: error });
    }
    return server;
  }

  /** What it printed so far. */
  log(): Promise<string> {
    return readFile(join(this.#folder, "up.log"), "utf8");
  }

  /** Asks it to stop, makes sure that its whole tree is gone, and removes its folder. */
  async stop(): Promise<void> {
    const root = this.#process.pid;
    if (root !== undefined && this.#process.exitCode === null) {
      const tree = descendants(root);
      const ended = new Promise((resolve) => this.#process.once("exit", resolve));
      this.#process.kill("SIGTERM");
      await Promise.race([ended, pause(STOP_MS)]);
      for (const pid of [root, ...tree]) if (isAlive(pid)) process.kill(pid, "SIGKILL");
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    const deadline = Date.now() + START_MS;
    while (Date.now() < deadline) {
      if (this.#process.exitCode !== null) {
        throw new Error(`it ended with status ${this.#process.exitCode}`);
      }
      const answer = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(2000) }).catch(
        () => null,
      );
      if (answer?.ok) return;
      await pause(200);
    }
    throw new Error(`no answer at ${this.url}/readyz within ${START_MS / 1000} s`);
  }
}
