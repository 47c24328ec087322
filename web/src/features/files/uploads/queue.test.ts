import { describe, expect, it } from "vitest";
import { ProblemError } from "@/lib/api/problem";
import { type BegunUploads, begunUploads } from "./begun";
import { createQueue, isPassing, type UploadItem } from "./queue";
import type { Target, UploadPort, UploadState } from "./tus";

const TOP: Target = { folderId: null, visibility: "private" };

function problem(status: number, code: string, retryAfterS: number | null = null): ProblemError {
  return new ProblemError({ status, code, title: code, retryAfterS });
}

const offline = () => problem(0, "network.offline");

/** A server that keeps what it got, and does as its script says. */
class FakeServer implements UploadPort {
  readonly uploads = new Map<string, { name: string; length: number; bytes: number[] }>();
  readonly sends: number[] = [];
  removed: string[] = [];
  /** What the next requests with bytes meet; a number is how many bytes come before it. */
  faults: { after: number; error: ProblemError }[] = [];
  createFault: ProblemError | null = null;
  endsWith: string | null = null;
  scan = "clean";
  /** Requests with bytes wait for this. */
  gate: Promise<void> | null = null;
  most = 0;
  #now = 0;

  create(name: string, length: number): Promise<UploadState> {
    if (this.createFault) return Promise.reject(this.createFault);
    const id = `u${this.uploads.size + 1}`;
    this.uploads.set(id, { name, length, bytes: [] });
    return Promise.resolve(this.#state(id));
  }

  look(id: string): Promise<UploadState> {
    if (!this.uploads.has(id)) return Promise.reject(problem(404, "files.upload_not_found"));
    return Promise.resolve(this.#state(id));
  }

  async send(
    id: string,
    offset: number,
    bytes: Blob,
    onProgress: (sent: number) => void,
    signal: AbortSignal,
  ): Promise<void> {
    this.#now += 1;
    this.most = Math.max(this.most, this.#now);
    try {
      const stopped = new Promise<never>((_, reject) =>
        signal.addEventListener("abort", () => reject(offline())),
      );
      if (this.gate) await Promise.race([this.gate, stopped]);
      this.sends.push(offset);
      const upload = this.uploads.get(id);
      if (!upload) throw problem(404, "files.upload_not_found");
      if (upload.bytes.length !== offset) throw problem(409, "files.offset_conflict");
      const content = [...new Uint8Array(await bytes.arrayBuffer())];
      const fault = this.faults.shift();
      const kept = fault ? content.slice(0, fault.after) : content;
      upload.bytes.push(...kept);
      onProgress(kept.length);
      if (fault) throw fault.error;
    } finally {
      this.#now -= 1;
    }
  }

  remove(id: string): Promise<void> {
    this.removed.push(id);
    this.uploads.delete(id);
    return Promise.resolve();
  }

  scanOf(): Promise<string> {
    return Promise.resolve(this.scan);
  }

  #state(id: string): UploadState {
    const upload = this.uploads.get(id);
    const offset = upload?.bytes.length ?? 0;
    const whole = upload !== undefined && offset === upload.length;
    if (whole && this.endsWith) return { id, offset, fileId: null, problem: this.endsWith };
    return { id, offset, fileId: whole ? `file-of-${id}` : null, problem: null };
  }
}

function emptyStorage() {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
}

interface More {
  isOnline?: () => boolean;
  begun?: BegunUploads;
}

function setUp(server = new FakeServer(), more: More = {}) {
  const queue = createQueue({
    port: server,
    begun: begunUploads(emptyStorage()),
    piece: 4,
    atOnce: 2,
    pauses: [0, 0, 0],
    ...more,
  });
  const items = () => queue.useUploads.getState().items;
  const until = (test: (items: readonly UploadItem[]) => boolean) =>
    new Promise<void>((resolve) => {
      if (test(items())) return resolve();
      const stop = queue.useUploads.subscribe((state) => {
        if (!test(state.items)) return;
        stop();
        resolve();
      });
    });
  return { server, queue, items, until };
}

const file = (text: string, name = "a.txt") => new File([text], name, { lastModified: 7 });
const every = (phase: string) => (items: readonly UploadItem[]) =>
  items.length > 0 && items.every((item) => item.phase === phase);
const textOf = (server: FakeServer, id: string) =>
  String.fromCodePoint(...(server.uploads.get(id)?.bytes ?? []));

describe("a queue of uploads", () => {
  it("sends a file piece by piece, and knows the file that became of it", async () => {
    const { server, queue, items, until } = setUp();
    queue.add([file("0123456789")], TOP);
    await until(every("done"));
    expect(server.sends).toEqual([0, 4, 8]);
    expect(textOf(server, "u1")).toBe("0123456789");
    expect(items()[0]).toMatchObject({ sent: 10, fileId: "file-of-u1", problem: null });
  });

  describe("after a reload", () => {
    /** A queue that a reload ended, when four of ten bytes had come. */
    async function broken(storage = emptyStorage(), now = () => 0) {
      const server = new FakeServer();
      const before = setUp(server, { begun: begunUploads(storage, now) });
      server.faults = [{ after: 4, error: problem(400, "bad") }];
      before.queue.add([file("0123456789")], TOP);
      await before.until(every("failed"));
      server.sends.length = 0;
      return { server, storage };
    }

    it("goes on with the same file", async () => {
      const { server, storage } = await broken();
      const { queue, until } = setUp(server, { begun: begunUploads(storage, () => 0) });
      queue.add([file("0123456789")], TOP);
      await until(every("done"));
      expect(server.sends).toEqual([4, 8]);
      expect(textOf(server, "u1")).toBe("0123456789");
      expect(server.uploads.size).toBe(1);
    });

    it("begins anew with another one, in another place, and once it has ended", async () => {
      const { server, storage } = await broken();
      const { queue, until } = setUp(server, { begun: begunUploads(storage, () => 0) });
      queue.add([file("0123456789", "b.txt")], TOP);
      queue.add([file("0123456789")], { ...TOP, folderId: "f1" });
      queue.add([file("0123456789"), file("0123456789")], TOP);
      await until(every("done"));
      queue.add([file("0123456789")], TOP);
      await until((items) => items.length === 5 && every("done")(items));
      expect(server.uploads.size).toBe(5);
      for (const id of server.uploads.keys()) expect(textOf(server, id)).toBe("0123456789");
    });

    it("forgets what was cancelled, what is a day old, and what makes no sense", async () => {
      const { server, storage } = await broken();
      const late = begunUploads(storage, () => 25 * 3_600_000);
      expect(late.find(file("0123456789"), TOP)).toBeNull();
      const { queue, items, until } = setUp(server, { begun: begunUploads(storage, () => 0) });
      queue.add([file("0123456789")], TOP);
      queue.cancel(items()[0]?.id ?? "");
      expect(begunUploads(storage, () => 0).find(file("0123456789"), TOP)).toBeNull();
      storage.setItem("vectal.uploads", '[1, ["key"], {"a": 2}]');
      queue.add([file("0123456789")], TOP);
      await until(every("done"));
    });
  });

  it("takes an empty file", async () => {
    const { server, queue, until } = setUp();
    queue.add([file("")], TOP);
    await until(every("done"));
    expect(server.sends).toEqual([]);
  });

  it("goes on where the server has got to, after a break in the middle of a piece", async () => {
    const { server, queue, until } = setUp();
    server.faults = [
      { after: 3, error: offline() },
      { after: 0, error: problem(503, "unavailable") },
      { after: 1, error: problem(409, "files.upload_taken_over") },
    ];
    queue.add([file("0123456789")], TOP);
    await until(every("done"));
    expect(server.sends).toEqual([0, 3, 3, 4, 8]);
    expect(textOf(server, "u1")).toBe("0123456789");
    expect(server.uploads.size).toBe(1);
  });

  it("waits for the network without counting tries", async () => {
    let online = false;
    let come = () => undefined as void;
    const server = new FakeServer();
    server.faults = Array.from({ length: 9 }, () => ({ after: 0, error: offline() }));
    const queue = createQueue({
      port: server,
      begun: begunUploads(emptyStorage()),
      piece: 4,
      pauses: [],
      isOnline: () => online,
      online: () => new Promise((resolve) => (come = resolve)),
    });
    queue.add([file("0123")], TOP);
    const phase = () => queue.useUploads.getState().items[0]?.phase;
    for (let left = 9; left > 0; left -= 1) {
      await expect.poll(() => server.faults.length).toBe(left - 1);
      await expect.poll(phase).toBe("offline");
      come();
    }
    online = true;
    await expect.poll(phase).toBe("done");
  });

  it("gives up after tries without progress, and tries again when it is asked to", async () => {
    const { server, queue, items, until } = setUp();
    server.faults = Array.from({ length: 4 }, () => ({ after: 0, error: offline() }));
    queue.add([file("0123")], TOP);
    await until(every("failed"));
    expect(items()[0]?.problem?.code).toBe("network.offline");
    const [{ id } = { id: "" }] = items();
    queue.resume(id);
    await until(every("done"));
    expect(server.uploads.size).toBe(1);
  });

  it("begins anew when the server has given the upload up", async () => {
    const { server, queue, until } = setUp();
    server.faults = [{ after: 4, error: problem(500, "internal") }];
    server.look = async function look(this: FakeServer, id: string) {
      server.look = FakeServer.prototype.look;
      this.uploads.delete(id);
      throw problem(410, "files.upload_gone");
    };
    queue.add([file("01234567")], TOP);
    await until(every("done"));
    expect([...server.uploads.values()].map(({ bytes }) => bytes.length)).toEqual([8]);
  });

  it.each([
    ["a lack of space", problem(409, "files.quota_exceeded")],
    ["a file that is too large", problem(413, "files.too_large")],
    ["a refusal", problem(403, "forbidden")],
  ])("does not try %s again", async (_, error) => {
    const { server, queue, items, until } = setUp();
    server.createFault = error;
    queue.add([file("0123")], TOP);
    await until(every("failed"));
    expect(items()[0]?.problem).toBe(error);
  });

  it("says why the server could make no file of it", async () => {
    const { server, queue, items, until } = setUp();
    server.endsWith = "files.folder_not_found";
    queue.add([file("0123")], TOP);
    await until(every("failed"));
    expect(items()[0]?.problem?.code).toBe("files.folder_not_found");
  });

  it("tells of a virus, with the file to delete", async () => {
    const { server, queue, items, until } = setUp();
    server.scan = "infected";
    queue.add([file("0123")], TOP);
    await until(every("failed"));
    expect(items()[0]).toMatchObject({ fileId: "file-of-u1" });
    expect(items()[0]?.problem?.code).toBe("files.infected");
  });

  it("sends so many at once and no more", async () => {
    const server = new FakeServer();
    let open = () => undefined as void;
    server.gate = new Promise((resolve) => (open = resolve));
    const { queue, items, until } = setUp(server);
    queue.add(
      ["a", "b", "c", "d", "e"].map((name) => file(name, name)),
      TOP,
    );
    await until((all) => all.filter(({ phase }) => phase === "sending").length === 2);
    expect(items().filter(({ phase }) => phase === "waiting")).toHaveLength(3);
    open();
    await until(every("done"));
    expect(server.most).toBeLessThanOrEqual(2);
  });

  it("pauses, lets the next one go, and goes on", async () => {
    const server = new FakeServer();
    let open = () => undefined as void;
    server.gate = new Promise((resolve) => (open = resolve));
    const { queue, items, until } = setUp(server);
    queue.add(
      ["a", "b", "c"].map((name) => file(name, name)),
      TOP,
    );
    await until((all) => all[0]?.phase === "sending");
    const [first, , third] = items();
    queue.pause(first?.id ?? "");
    await until((all) => all.find(({ id }) => id === third?.id)?.phase === "sending");
    expect(items()[0]?.phase).toBe("paused");
    open();
    await until((all) => all.filter(({ phase }) => phase === "done").length === 2);
    queue.resume(first?.id ?? "");
    await until(every("done"));
  });

  it("cancels: the line goes, and the server forgets it", async () => {
    const server = new FakeServer();
    server.gate = new Promise(() => undefined);
    const { queue, items, until } = setUp(server);
    queue.add([file("0123")], TOP);
    await until((all) => all[0]?.phase === "sending");
    await expect.poll(() => server.uploads.size).toBe(1);
    queue.cancel(items()[0]?.id ?? "");
    expect(items()).toEqual([]);
    await expect.poll(() => server.removed).toEqual(["u1"]);
  });

  it("clears what has ended, and keeps what is under way", async () => {
    const { server, queue, items, until } = setUp();
    queue.add([file("ok", "ok")], TOP);
    await until(every("done"));
    server.gate = new Promise(() => undefined);
    queue.add([file("later", "later")], TOP);
    await until((all) => all.some(({ phase }) => phase === "sending"));
    queue.clear();
    expect(items().map(({ name }) => name)).toEqual(["later"]);
    queue.reset();
    expect(items()).toEqual([]);
  });
});

describe("what may pass by itself", () => {
  it.each([
    [0, "network.offline", true],
    [503, "unavailable", true],
    [429, "files.too_many_streams", true],
    [409, "files.offset_conflict", true],
    [409, "files.quota_exceeded", false],
    [422, "files.invalid_name", false],
    [0, "client.unexpected", false],
  ])("%i %s: %s", (status, code, passing) => {
    expect(isPassing(problem(status, code))).toBe(passing);
  });
});
