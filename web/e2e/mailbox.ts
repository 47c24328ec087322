import { randomUUID } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FOLDER = "VECTAL_E2E_MAILS";
const END = "\r\n.\r\n";

/** Takes whatever it is sent, word by word as SMTP says, and keeps each mail as a file. */
function serve(socket: Socket, folder: string): void {
  let waiting = "";
  let isMail = false;
  const say = (line: string) => socket.write(`${line}\r\n`);
  const hear = (line: string) => {
    const word = line.slice(0, 4).toUpperCase();
    if (word === "DATA") {
      isMail = true;
      say("354 Go on");
    } else if (word === "QUIT") {
      say("221 Bye");
      socket.end();
    } else {
      say("250 OK");
    }
  };
  socket.setEncoding("utf8");
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => {
    waiting += String(chunk);
    for (;;) {
      const end = isMail ? END : "\r\n";
      const at = waiting.indexOf(end);
      if (at < 0) return;
      const said = waiting.slice(0, at);
      waiting = waiting.slice(at + end.length);
      if (!isMail) {
        hear(said);
        continue;
      }
      isMail = false;
      void writeFile(join(folder, `${randomUUID()}.eml`), said).then(() => say("250 OK"));
    }
  });
  say("220 mailbox");
}

/** A server for mails, as a relay on the same machine is one: no TLS, no password. */
export class Mailbox {
  readonly #server: Server;
  readonly #folder: string;

  private constructor(server: Server, folder: string) {
    this.#server = server;
    this.#folder = folder;
  }

  static async start(): Promise<Mailbox> {
    const folder = await mkdtemp(join(tmpdir(), "vectal-e2e-mails-"));
    const server = createServer((socket) => serve(socket, folder));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    // Workers of Playwright inherit it.
    process.env[FOLDER] = folder;
    return new Mailbox(server, folder);
  }

  /** The settings with which the Vectal at `url` sends mails here. */
  environment(url: string): Record<string, string> {
    const { port } = this.#server.address() as AddressInfo;
    return {
      VECTAL_SMTP_HOST: "127.0.0.1",
      VECTAL_SMTP_PORT: String(port),
      VECTAL_SMTP_TLS: "none",
      VECTAL_MAIL_FROM: "Vectal <vectal@mail.example>",
      VECTAL_PUBLIC_URL: url,
    };
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** The mails that have come in so far and hold these words, with long lines put together again. */
export async function mailsWith(words: string): Promise<string[]> {
  const folder = process.env[FOLDER] ?? "";
  const names = await readdir(folder);
  const mails = await Promise.all(names.map((name) => readFile(join(folder, name), "utf8")));
  return mails
    .map((mail) => mail.replace(/=\r\n/g, "").replace(/=3D/g, "="))
    .filter((mail) => mail.includes(words));
}
