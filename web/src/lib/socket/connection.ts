import { WebSocket as ReconnectingSocket } from "partysocket";
import {
  type Channel,
  CLOSE_UNAUTHENTICATED,
  type ClientFrame,
  readFrame,
  type ServerFrame,
  type UpdateFrame,
} from "./frames";
import { type ChannelHandlers, Subscription } from "./subscription";

export interface ConnectionPorts {
  url: string;
  /** A good token, or null when nobody is signed in. */
  token: () => Promise<string | null>;
  /** Called after the server refused the token, before the next attempt. */
  tokenRefused: () => Promise<void>;
  workspaceId: () => string | null;
  onStatus?: (status: ConnectionStatus) => void;
  /** Tests bring their own. */
  WebSocket?: unknown;
  minDelayMs?: number;
  maxDelayMs?: number;
  /** 0 to 1; spreads the reconnects of many tabs. */
  random?: () => number;
}

export type ConnectionStatus = "closed" | "connecting" | "ready";

const HEARTBEAT_S = 20;
/** Until it is welcome, a connection is watched this often. */
const HANDSHAKE_S = 4;
/** A connection that says nothing for this many heartbeats is dead. */
const SILENT_BEATS = 2.5;

/**
 * The one WebSocket of a tab.
 *
 * Says hello with the token, subscribes to the channels that have listeners, and after every
 * reconnect resumes each of them behind the last update it delivered. Updates reach a listener once
 * and in order: repeats are dropped, a gap in a numbered channel asks for the missing part.
 */
export class Connection {
  readonly #ports: ConnectionPorts;
  readonly #subscriptions = new Map<Channel, Set<Subscription>>();
  #socket: ReconnectingSocket | null = null;
  #status: ConnectionStatus = "closed";
  #beat: ReturnType<typeof setInterval> | null = null;
  #heardAt = 0;

  constructor(ports: ConnectionPorts) {
    this.#ports = ports;
  }

  get status(): ConnectionStatus {
    return this.#status;
  }

  open(): void {
    if (this.#socket) return;
    const { url, minDelayMs = 500, maxDelayMs = 15_000, random = Math.random } = this.#ports;
    this.#setStatus("connecting");
    const socket = new ReconnectingSocket(url, [], {
      WebSocket: this.#ports.WebSocket,
      minReconnectionDelay: minDelayMs * (1 + random()),
      maxReconnectionDelay: maxDelayMs * (1 + random() / 2),
      reconnectionDelayGrowFactor: 1.6,
      connectionTimeout: 10_000,
      // Frames are sent by the handshake of each connection; a queue would send them twice.
      maxEnqueuedMessages: 0,
    });
    socket.addEventListener("open", () => {
      this.#startBeat(HANDSHAKE_S);
      void this.#hello();
    });
    socket.addEventListener("message", (event) => this.#receive(event.data));
    socket.addEventListener("close", (event) => void this.#closed(event.code));
    this.#socket = socket;
  }

  close(): void {
    this.#stopBeat();
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
    this.#setStatus("closed");
  }

  /** Says hello again on the open connection, after a token was renewed. */
  async rehello(): Promise<void> {
    if (this.#status === "ready") await this.#hello();
  }

  /** Drops the connection and opens a new one, for another workspace. Cursors begin anew. */
  restart(): void {
    for (const set of this.#subscriptions.values()) for (const entry of set) entry.reset();
    this.close();
    this.open();
  }

  /**
   * Listens to a channel. `after` is the last id already known (`"0"` replays a turn from its
   * start), null means from now on. The answer stops it.
   */
  subscribe(channel: Channel, after: string | null, handlers: ChannelHandlers): () => void {
    const entry = new Subscription(channel, after, handlers);
    const set = this.#subscriptions.get(channel) ?? new Set();
    const first = set.size === 0;
    set.add(entry);
    this.#subscriptions.set(channel, set);
    if (this.#status === "ready" && (first || after !== null)) {
      this.#send({ type: "subscribe", channel, after });
    }
    return () => this.#unsubscribe(entry);
  }

  #unsubscribe(entry: Subscription): void {
    const set = this.#subscriptions.get(entry.channel);
    if (!set?.delete(entry) || set.size > 0) return;
    this.#subscriptions.delete(entry.channel);
    if (this.#status === "ready") this.#send({ type: "unsubscribe", channel: entry.channel });
  }

  async #hello(): Promise<void> {
    const socket = this.#socket;
    // Undefined: the server can't be asked right now. It will close this connection, unwelcomed,
    // and the next attempt asks again.
    const token = await this.#ports.token().catch(() => undefined);
    if (socket !== this.#socket || token === undefined) return;
    if (token === null) {
      this.close();
      return;
    }
    this.#send({ type: "hello", token, workspace_id: this.#ports.workspaceId() });
  }

  #receive(data: unknown): void {
    this.#heardAt = Date.now();
    const frame = readFrame(data);
    if (frame) this.#handle(frame);
  }

  #handle(frame: ServerFrame): void {
    switch (frame.type) {
      case "welcome":
        this.#welcomed(frame.heartbeat_s);
        break;
      case "subscribed":
        this.#each(frame.channel, (entry) => {
          entry.settle(frame.cursor);
          entry.handlers.onSubscribed?.();
        });
        break;
      case "update":
        this.#update(frame);
        break;
      case "resync":
        this.#each(frame.channel, (entry) => {
          entry.reset();
          entry.handlers.onResync?.();
        });
        break;
      case "error":
        this.#refused(frame.channel, frame.code, frame.detail);
        break;
      case "ping":
        this.#send({ type: "pong" });
        break;
      default:
    }
  }

  #welcomed(heartbeat: number): void {
    const again = this.#status === "ready";
    this.#startBeat(heartbeat > 0 ? heartbeat : HEARTBEAT_S);
    if (again) return;
    this.#setStatus("ready");
    for (const [channel, set] of this.#subscriptions) {
      this.#send({ type: "subscribe", channel, after: earliest(set) });
    }
  }

  #update(frame: UpdateFrame): void {
    let missing: string | null = null;
    this.#each(frame.channel, (entry) => {
      const verdict = entry.judge(frame.id);
      if (verdict === "deliver") entry.deliver(frame);
      if (verdict === "gap") missing = entry.cursor;
    });
    if (missing !== null) {
      this.#send({ type: "subscribe", channel: frame.channel, after: missing });
    }
  }

  #refused(channel: Channel | null, code: string, detail: string): void {
    if (!channel) return;
    this.#each(channel, (entry) => entry.handlers.onError?.(code, detail));
    this.#subscriptions.delete(channel);
  }

  async #closed(code: number): Promise<void> {
    this.#stopBeat();
    if (!this.#socket) return;
    this.#setStatus("connecting");
    // A renewal that fails is tried again by the hello of the next attempt.
    if (code === CLOSE_UNAUTHENTICATED) await this.#ports.tokenRefused().catch(() => undefined);
  }

  #each(channel: Channel, work: (entry: Subscription) => void): void {
    for (const entry of this.#subscriptions.get(channel) ?? []) work(entry);
  }

  #send(frame: ClientFrame): void {
    if (this.#socket?.readyState === ReconnectingSocket.OPEN) {
      this.#socket.send(JSON.stringify(frame));
    }
  }

  #startBeat(seconds: number): void {
    this.#stopBeat();
    this.#heardAt = Date.now();
    this.#beat = setInterval(() => {
      if (Date.now() - this.#heardAt > seconds * SILENT_BEATS * 1000) {
        this.#socket?.reconnect();
        return;
      }
      if (this.#status === "ready") this.#send({ type: "ping" });
    }, seconds * 1000);
  }

  #stopBeat(): void {
    if (this.#beat) clearInterval(this.#beat);
    this.#beat = null;
  }

  #setStatus(status: ConnectionStatus): void {
    if (status === this.#status) return;
    this.#status = status;
    this.#ports.onStatus?.(status);
  }
}

/** Where a channel must resume so that no listener misses anything; the others drop the repeats. */
function earliest(set: Set<Subscription>): string | null {
  let first: string | null = null;
  for (const { cursor } of set) {
    if (cursor === null) continue;
    if (first === null || before(cursor, first)) first = cursor;
  }
  return first;
}

function before(a: string, b: string): boolean {
  const [xidA = "", restA = ""] = a.split(".");
  const [xidB = "", restB = ""] = b.split(".");
  if (xidA.length !== xidB.length) return xidA.length < xidB.length;
  return xidA === xidB ? restA < restB : xidA < xidB;
}
