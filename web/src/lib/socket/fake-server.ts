import type { ClientFrame, ServerFrame, UpdateFrame } from "./frames";

type Listener = (event: unknown) => void;

/** A WebSocket whose other end is a FakeServer. Enough of the interface for a reconnecting client. */
class FakeSocket {
  static readonly CONNECTING = 0;
  static readonly OPEN = 1;
  static readonly CLOSING = 2;
  static readonly CLOSED = 3;
  readyState = FakeSocket.CONNECTING;
  binaryType = "blob";
  bufferedAmount = 0;
  extensions = "";
  protocol = "";
  readonly url: string;
  readonly #server: FakeServer;
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(server: FakeServer, url: string) {
    this.#server = server;
    this.url = url;
    setTimeout(() => this.#open());
  }

  addEventListener(type: string, listener: Listener): void {
    const set = this.#listeners.get(type) ?? new Set();
    set.add(listener);
    this.#listeners.set(type, set);
  }

  removeEventListener(type: string, listener: Listener): void {
    this.#listeners.get(type)?.delete(listener);
  }

  send(text: string): void {
    this.#server.receive(JSON.parse(text) as ClientFrame, this);
  }

  close(code = 1000): void {
    this.drop(code);
  }

  drop(code: number): void {
    if (this.readyState === FakeSocket.CLOSED) return;
    this.readyState = FakeSocket.CLOSED;
    this.#server.gone(this);
    this.#fire("close", Object.assign(new Event("close"), { code, reason: "", wasClean: false }));
  }

  deliver(raw: string): void {
    if (this.readyState === FakeSocket.OPEN) {
      this.#fire("message", new MessageEvent("message", { data: raw }));
    }
  }

  #open(): void {
    if (this.readyState !== FakeSocket.CONNECTING) return;
    this.readyState = FakeSocket.OPEN;
    this.#server.arrived(this);
    this.#fire("open", new Event("open"));
  }

  #fire(type: string, event: unknown): void {
    for (const listener of this.#listeners.get(type) ?? []) listener(event);
  }
}

/** The server's end of `/ws` for tests: keeps each channel's journal and replays it on subscribe. */
export class FakeServer {
  readonly received: ClientFrame[] = [];
  /** Answers nothing, like a machine that fell asleep. */
  silent = false;
  /** The place that `subscribed` names. */
  cursor: string | null = null;
  opened = 0;
  #socket: FakeSocket | null = null;
  readonly #journal = new Map<string, UpdateFrame[]>();
  readonly #subscribed = new Set<string>();

  /** A constructor to hand to the client. */
  get WebSocket(): unknown {
    const accept = (url: string) => new FakeSocket(this, url);
    return Object.assign(
      function FakeWebSocket(url: string) {
        return accept(url);
      },
      { CONNECTING: 0, OPEN: 1, CLOSING: 2, CLOSED: 3 },
    );
  }

  arrived(socket: FakeSocket): void {
    this.opened += 1;
    this.#socket = socket;
  }

  gone(socket: FakeSocket): void {
    if (this.#socket !== socket) return;
    this.#socket = null;
    this.#subscribed.clear();
  }

  receive(frame: ClientFrame, socket: FakeSocket): void {
    this.received.push(frame);
    if (this.silent || socket !== this.#socket) return;
    if (frame.type === "hello") {
      this.send({ type: "welcome", connection_id: "c1", heartbeat_s: 20 });
    } else if (frame.type === "subscribe") {
      this.#subscribed.add(frame.channel);
      const cursor = this.#journal.get(frame.channel)?.at(-1)?.id ?? this.cursor;
      this.send({ type: "subscribed", channel: frame.channel, cursor });
      if (frame.after !== null) this.#replay(frame.channel, frame.after);
    } else if (frame.type === "unsubscribe") {
      this.#subscribed.delete(frame.channel);
    } else if (frame.type === "ping") {
      this.send({ type: "pong" });
    }
  }

  send(frame: ServerFrame): void {
    this.sendRaw(JSON.stringify(frame));
  }

  sendRaw(raw: string): void {
    this.#socket?.deliver(raw);
  }

  /** Appends `n` numbered updates and sends them to whoever listens. */
  publish(channel: UpdateFrame["channel"], n: number): void {
    for (let i = 0; i < n; i += 1) this.#live(this.#append(channel));
  }

  /** Appends updates that never reach the client live. */
  lose(channel: UpdateFrame["channel"], n: number): void {
    for (let i = 0; i < n; i += 1) this.#append(channel);
  }

  /** Sends an update with an id of its own. */
  emit(channel: UpdateFrame["channel"], id: string): void {
    this.#live(this.#append(channel, id));
  }

  /** Sends an old update again. */
  repeat(channel: UpdateFrame["channel"], id: string): void {
    const update = this.#journal.get(channel)?.find((u) => u.id === id);
    if (update) this.#live(update);
  }

  /** Breaks the connection. */
  kill(code = 1006): void {
    this.#socket?.drop(code);
  }

  /** The `after` of every subscribe to a channel, in order. */
  subscribes(channel: string): (string | null)[] {
    return this.received.flatMap((f) =>
      f.type === "subscribe" && f.channel === channel ? [f.after] : [],
    );
  }

  ids(channel: string): string[] {
    return (this.#journal.get(channel) ?? []).map((u) => u.id);
  }

  #append(channel: UpdateFrame["channel"], id?: string): UpdateFrame {
    const journal = this.#journal.get(channel) ?? [];
    const update: UpdateFrame = {
      type: "update",
      channel,
      id: id ?? String(journal.length + 1),
      event: "turn.text",
      data: {},
    };
    journal.push(update);
    this.#journal.set(channel, journal);
    return update;
  }

  #live(update: UpdateFrame): void {
    if (this.#subscribed.has(update.channel)) this.send(update);
  }

  #replay(channel: string, after: string): void {
    const journal = this.#journal.get(channel) ?? [];
    const at = journal.findIndex((u) => u.id === after);
    for (const update of journal.slice(at + 1)) this.send(update);
  }
}
