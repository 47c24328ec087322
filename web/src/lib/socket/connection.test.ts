import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connection } from "./connection";
import { FakeServer } from "./fake-server";
import type { UpdateFrame } from "./frames";

let server: FakeServer;
let connections: Connection[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  connections = [];
});

afterEach(() => {
  for (const connection of connections) connection.close();
  vi.useRealTimers();
});

function connect(more: { token?: () => Promise<string | null> } = {}) {
  const refused = vi.fn<() => Promise<void>>(() => Promise.resolve());
  const connection = new Connection({
    url: "ws://vectal.test/ws",
    token: more.token ?? (() => Promise.resolve("token")),
    tokenRefused: refused,
    workspaceId: () => "w1",
    WebSocket: server.WebSocket,
    minDelayMs: 10,
    maxDelayMs: 100,
    random: () => 0,
  });
  connections.push(connection);
  connection.open();
  return { connection, refused };
}

/** Lets timers and promises run until nothing more is due within `ms`. */
async function pass(ms = 500): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

function listen(connection: Connection, after: string | null = "0") {
  const ids: string[] = [];
  const resyncs: number[] = [];
  const stop = connection.subscribe("turn:t1", after, {
    onUpdate: (update: UpdateFrame) => ids.push(update.id),
    onResync: () => resyncs.push(ids.length),
  });
  return { ids, resyncs, stop };
}

const upTo = (n: number) => Array.from({ length: n }, (_, i) => String(i + 1));

describe("Connection", () => {
  it("says hello first and subscribes once it is welcome", async () => {
    const { connection } = connect();
    listen(connection);
    await pass();
    expect(server.received.map((f) => f.type)).toEqual(["hello", "subscribe"]);
    expect(server.received[0]).toMatchObject({ token: "token", workspace_id: "w1" });
    expect(connection.status).toBe("ready");
  });

  it("resumes behind the last update after the connection broke", async () => {
    const { connection } = connect();
    const { ids } = listen(connection);
    await pass();
    server.publish("turn:t1", 3);
    server.kill();
    server.publish("turn:t1", 2);
    await pass();
    expect(server.subscribes("turn:t1")).toEqual(["0", "3"]);
    expect(ids).toEqual(upTo(5));
  });

  it("drops updates that were seen before", async () => {
    const { connection } = connect();
    const { ids } = listen(connection);
    await pass();
    server.publish("turn:t1", 2);
    server.repeat("turn:t1", "1");
    server.repeat("turn:t1", "2");
    server.publish("turn:t1", 1);
    expect(ids).toEqual(upTo(3));
  });

  it("asks for what is missing when a number is skipped", async () => {
    const { connection } = connect();
    const { ids } = listen(connection);
    await pass();
    server.publish("turn:t1", 2);
    server.lose("turn:t1", 1);
    server.publish("turn:t1", 1);
    await pass();
    expect(server.subscribes("turn:t1")).toEqual(["0", "2"]);
    expect(ids).toEqual(upTo(4));
  });

  it("resumes an unnumbered channel and drops its repeats", async () => {
    const { connection } = connect();
    const ids: string[] = [];
    connection.subscribe("workspace", null, { onUpdate: (u) => ids.push(u.id) });
    await pass();
    server.emit("workspace", "71.a");
    server.emit("workspace", "70.b");
    server.repeat("workspace", "71.a");
    server.kill();
    await pass();
    expect(ids).toEqual(["71.a", "70.b"]);
    expect(server.subscribes("workspace")).toEqual([null, "70.b"]);
  });

  it("takes the server's place when it had none, so that a break loses nothing", async () => {
    const { connection } = connect();
    server.cursor = "5.x";
    connection.subscribe("workspace", null, { onUpdate: () => {} });
    await pass();
    server.kill();
    await pass();
    expect(server.subscribes("workspace")).toEqual([null, "5.x"]);
  });

  it("starts anew after a resync", async () => {
    const { connection } = connect();
    const { ids, resyncs } = listen(connection);
    await pass();
    server.publish("turn:t1", 2);
    server.send({ type: "resync", channel: "turn:t1" });
    server.publish("turn:t1", 1);
    expect(resyncs).toEqual([2]);
    expect(ids).toEqual(upTo(3));
  });

  it("serves a late listener from the start without repeating to the first", async () => {
    const { connection } = connect();
    const first = listen(connection);
    await pass();
    server.publish("turn:t1", 3);
    const second = listen(connection);
    await pass();
    server.publish("turn:t1", 1);
    expect(first.ids).toEqual(upTo(4));
    expect(second.ids).toEqual(upTo(4));
  });

  it("unsubscribes when the last listener leaves", async () => {
    const { connection } = connect();
    const first = listen(connection);
    const second = listen(connection, null);
    await pass();
    first.stop();
    expect(server.received.some((f) => f.type === "unsubscribe")).toBe(false);
    second.stop();
    expect(server.received.at(-1)).toEqual({ type: "unsubscribe", channel: "turn:t1" });
  });

  it("tells a listener that its channel is refused and doesn't ask again", async () => {
    const { connection } = connect();
    const errors: string[] = [];
    connection.subscribe("turn:t1", null, {
      onUpdate: () => {},
      onError: (code) => errors.push(code),
    });
    await pass();
    server.send({ type: "error", code: "chat.not_found", detail: "", channel: "turn:t1" });
    server.kill();
    await pass();
    expect(errors).toEqual(["chat.not_found"]);
    expect(server.subscribes("turn:t1")).toHaveLength(1);
  });

  it("renews a refused token before the next attempt", async () => {
    const { connection, refused } = connect();
    await pass();
    server.kill(4401);
    await pass();
    expect(refused).toHaveBeenCalledTimes(1);
    expect(connection.status).toBe("ready");
  });

  it("keeps trying while the token can't be renewed for want of a server", async () => {
    let online = false;
    const token = () => (online ? Promise.resolve("token") : Promise.reject(new TypeError("off")));
    const { connection } = connect({ token });
    await pass(20_000);
    expect(connection.status).toBe("connecting");
    online = true;
    await pass(20_000);
    expect(connection.status).toBe("ready");
  });

  it("closes when nobody is signed in", async () => {
    const { connection } = connect({ token: () => Promise.resolve(null) });
    await pass();
    expect(connection.status).toBe("closed");
    expect(server.received).toEqual([]);
  });

  it("says hello again on the open connection when the token changed", async () => {
    const tokens = ["one", "two"];
    const { connection } = connect({ token: () => Promise.resolve(tokens.shift() ?? null) });
    const { ids } = listen(connection);
    await pass();
    await connection.rehello();
    server.publish("turn:t1", 1);
    expect(server.received.filter((f) => f.type === "hello")).toHaveLength(2);
    expect(server.subscribes("turn:t1")).toHaveLength(1);
    expect(ids).toEqual(["1"]);
  });

  it("answers pings, sends its own, and leaves a silent connection", async () => {
    const { connection } = connect();
    listen(connection);
    await pass();
    server.send({ type: "ping" });
    expect(server.received.at(-1)).toEqual({ type: "pong" });
    server.silent = true;
    await pass(25_000);
    expect(server.received.at(-1)).toEqual({ type: "ping" });
    await pass(60_000);
    server.silent = false;
    await pass(60_000);
    expect(server.opened).toBeGreaterThan(1);
    expect(connection.status).toBe("ready");
  });

  it.each(["{", "null", "[]", '{"type":7}', '{"no":"type"}', '{"type":"new_thing"}'])(
    "survives the frame %s",
    async (raw) => {
      const { connection } = connect();
      const { ids } = listen(connection);
      await pass();
      server.sendRaw(raw);
      server.publish("turn:t1", 1);
      expect(ids).toEqual(["1"]);
    },
  );

  it("delivers each update once and in order through any run of faults", async () => {
    const fault = fc.oneof(
      fc.record({ kind: fc.constant("publish" as const), n: fc.integer({ min: 1, max: 4 }) }),
      fc.record({ kind: fc.constant("lose" as const), n: fc.integer({ min: 1, max: 2 }) }),
      fc.record({ kind: fc.constant("repeat" as const), n: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ kind: fc.constant("kill" as const), n: fc.constant(0) }),
      fc.record({ kind: fc.constant("wait" as const), n: fc.integer({ min: 1, max: 300 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { maxLength: 25 }), async (faults) => {
        server = new FakeServer();
        const { connection } = connect();
        const { ids } = listen(connection);
        await pass();
        for (const { kind, n } of faults) {
          if (kind === "publish") server.publish("turn:t1", n);
          else if (kind === "lose") server.lose("turn:t1", n);
          else if (kind === "repeat") server.repeat("turn:t1", String(n));
          else if (kind === "kill") server.kill();
          else await pass(n);
        }
        // Any later update uncovers a loss at the end of the stream.
        await pass();
        server.publish("turn:t1", 1);
        await pass();
        connection.close();
        expect(ids).toEqual(server.ids("turn:t1"));
      }),
      { numRuns: 60 },
    );
  });
});
