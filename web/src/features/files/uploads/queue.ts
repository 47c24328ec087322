import { create } from "zustand";
import { ProblemError, toProblem } from "@/lib/api/problem";
import { newId } from "@/lib/ids";
import { useSession } from "@/lib/session/session";
import { type BegunUploads, begunUploads } from "./begun";
import { type Target, tus, type UploadPort, type UploadState } from "./tus";

export type UploadPhase =
  | "waiting"
  | "sending"
  /** The network is away; it goes on by itself. */
  | "offline"
  | "paused"
  | "failed"
  | "done";

export interface UploadItem {
  id: string;
  name: string;
  /** Bytes. */
  size: number;
  sent: number;
  phase: UploadPhase;
  problem: ProblemError | null;
  target: Target;
  fileId: string | null;
}

interface Work {
  file: File;
  uploadId: string | null;
  stop: AbortController | null;
}

export interface QueueOptions {
  port: UploadPort;
  begun: BegunUploads;
  /** Uploads that send at the same time; the server takes six of a person. */
  atOnce?: number;
  /** Bytes of one request. */
  piece?: number;
  /** Waits before each further try without progress. */
  pauses?: readonly number[];
  /** Resolves when there is hope that the network is back. */
  online?: (signal: AbortSignal) => Promise<void>;
  isOnline?: () => boolean;
}

const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
const PIECE_BYTES = 32 << 20;
const AT_ONCE = 3;
const SCAN_FOUND = "files.infected";

function whenOnline(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    window.addEventListener("online", () => resolve(), { once: true, signal });
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}

/** Whether another try may do better: the network, a busy server, or two who write at once. */
export function isPassing({ status, code }: ProblemError): boolean {
  // A lack of space is told as a conflict, too, and lasts.
  if (code === "client.unexpected" || code === "files.quota_exceeded") return false;
  return status === 0 || status >= 500 || [401, 408, 409, 429].includes(status);
}

/** Sends files one after the other, a few at once, and goes on where the network broke. */
export function createQueue({
  port,
  begun,
  atOnce = AT_ONCE,
  piece = PIECE_BYTES,
  pauses = PAUSES_MS,
  online = whenOnline,
  isOnline = () => navigator.onLine,
}: QueueOptions) {
  const useUploads = create<{ items: readonly UploadItem[] }>()(() => ({ items: [] }));
  const works = new Map<string, Work>();

  function change(id: string, fields: Partial<UploadItem>): void {
    useUploads.setState(({ items }) => ({
      items: items.map((item) => (item.id === id ? { ...item, ...fields } : item)),
    }));
  }

  const find = (id: string) => useUploads.getState().items.find((item) => item.id === id);

  function pump(): void {
    const { items } = useUploads.getState();
    const busy = items.filter(({ phase }) => phase === "sending" || phase === "offline").length;
    for (const item of items.filter(({ phase }) => phase === "waiting").slice(0, atOnce - busy)) {
      void run(item.id);
    }
  }

  /** The upload as the server has it; a new one where it has none, or has given it up. */
  async function begin(item: UploadItem, work: Work, signal: AbortSignal): Promise<UploadState> {
    if (work.uploadId) {
      try {
        return await port.look(work.uploadId, signal);
      } catch (error) {
        const { status } = toProblem(error);
        if (status !== 404 && status !== 410) throw error;
      }
    }
    const made = await port.create(item.name, item.size, item.target, signal);
    work.uploadId = made.id;
    begun.keep(work.file, item.target, made.id);
    // It was cancelled before the server had answered.
    if (!works.has(item.id)) port.remove(made.id).catch(() => undefined);
    return made;
  }

  async function sendAll(item: UploadItem, work: Work, signal: AbortSignal): Promise<UploadState> {
    let state = await begin(item, work, signal);
    // Whoever paused it meanwhile has the last word.
    signal.throwIfAborted();
    while (!state.fileId && !state.problem && state.offset < item.size) {
      const { offset } = state;
      change(item.id, { sent: offset, phase: "sending" });
      const bytes = work.file.slice(offset, offset + piece);
      // oxlint-disable-next-line no-await-in-loop -- the pieces of one file come in order
      await port.send(
        state.id,
        offset,
        bytes,
        (sent) => change(item.id, { sent: Math.min(item.size, offset + sent) }),
        signal,
      );
      // oxlint-disable-next-line no-await-in-loop
      state = await port.look(state.id, signal);
      signal.throwIfAborted();
    }
    return state;
  }

  async function finish(item: UploadItem, state: UploadState): Promise<void> {
    if (!state.fileId) {
      const code = state.problem ?? "files.upload_gone";
      throw new ProblemError({ status: 422, code, title: "The upload has failed." });
    }
    const scan = await port.scanOf(state.fileId).catch(() => "unknown");
    change(item.id, { fileId: state.fileId, sent: item.size });
    if (scan === "infected") {
      throw new ProblemError({ status: 422, code: SCAN_FOUND, title: "A virus was found." });
    }
    change(item.id, { phase: "done" });
    works.delete(item.id);
  }

  /** Ended for good, well or badly: the same file begins anew. */
  function forget(item: UploadItem, work: Work): void {
    begun.forget(work.file, item.target);
    work.uploadId = null;
  }

  /** Waits as long as the trouble asks for; false when there have been tries enough. */
  async function rest(
    item: UploadItem,
    problem: ProblemError,
    tries: number,
    signal: AbortSignal,
  ): Promise<boolean> {
    change(item.id, { phase: "offline" });
    if (problem.status === 0 && !isOnline()) {
      await online(signal);
      return true;
    }
    const pause = pauses[tries];
    if (pause === undefined) return false;
    await wait(Math.max(pause, (problem.retryAfterS ?? 0) * 1000), signal);
    return true;
  }

  async function attempt(id: string, work: Work, signal: AbortSignal): Promise<void> {
    let tries = 0;
    let furthest = 0;
    for (;;) {
      const item = find(id);
      if (!item) return;
      try {
        // oxlint-disable-next-line no-await-in-loop -- one try after the other
        const state = await sendAll(item, work, signal);
        if (state.fileId || state.problem) forget(item, work);
        // oxlint-disable-next-line no-await-in-loop
        await finish(item, state);
        return;
      } catch (error) {
        if (signal.aborted) return;
        const problem = toProblem(error);
        const sent = find(id)?.sent ?? 0;
        tries = sent > furthest ? 0 : tries + 1;
        furthest = Math.max(furthest, sent);
        // oxlint-disable-next-line no-await-in-loop
        if (!isPassing(problem) || !(await rest(item, problem, tries, signal))) throw problem;
        if (signal.aborted) return;
      }
    }
  }

  async function run(id: string): Promise<void> {
    const work = works.get(id);
    if (!work) return;
    const stop = new AbortController();
    work.stop = stop;
    change(id, { phase: "sending", problem: null });
    try {
      await attempt(id, work, stop.signal);
    } catch (error) {
      change(id, { phase: "failed", problem: toProblem(error) });
    } finally {
      if (work.stop === stop) work.stop = null;
      pump();
    }
  }

  return {
    useUploads,
    add(files: readonly File[], target: Target): void {
      const added = files.map((file): UploadItem => {
        const id = newId();
        const known = begun.find(file, target);
        const taken = [...works.values()].some(({ uploadId }) => uploadId === known);
        works.set(id, { file, uploadId: taken ? null : known, stop: null });
        const { name, size } = file;
        const fresh = { sent: 0, phase: "waiting", problem: null, fileId: null } as const;
        return { id, name, size, target, ...fresh };
      });
      useUploads.setState(({ items }) => ({ items: [...items, ...added] }));
      pump();
    },
    pause(id: string): void {
      const phase = find(id)?.phase;
      if (phase !== "waiting" && phase !== "sending" && phase !== "offline") return;
      change(id, { phase: "paused" });
      works.get(id)?.stop?.abort();
      pump();
    },
    /** Goes on with one that was paused, or tries one that has failed again. */
    resume(id: string): void {
      const phase = find(id)?.phase;
      if (phase !== "paused" && phase !== "failed") return;
      change(id, { phase: "waiting", problem: null });
      pump();
    },
    cancel(id: string): void {
      const work = works.get(id);
      const target = find(id)?.target;
      works.delete(id);
      work?.stop?.abort();
      if (work && target) begun.forget(work.file, target);
      useUploads.setState(({ items }) => ({ items: items.filter((item) => item.id !== id) }));
      // What is left over on the server ends by itself in a day.
      if (work?.uploadId) port.remove(work.uploadId).catch(() => undefined);
      pump();
    },
    /** Takes what has come to an end out of the list. */
    clear(): void {
      useUploads.setState(({ items }) => ({
        items: items.filter(({ phase }) => phase !== "done" && phase !== "failed"),
      }));
    },
    /** Ends everything: another person, or another workspace. */
    reset(): void {
      for (const work of works.values()) work.stop?.abort();
      works.clear();
      useUploads.setState({ items: [] });
    },
  };
}

export const uploads = createQueue({ port: tus, begun: begunUploads(localStorage) });

// What is sent belongs to the person and the workspace that it was begun in.
useSession.subscribe((now, before) => {
  const key = (s: typeof now) =>
    s.status === "signed-in" ? `${s.user.id}/${s.workspaceId}` : s.status;
  if (key(now) !== key(before)) uploads.reset();
});

export const useUploads = uploads.useUploads;

export function isActive({ phase }: UploadItem): boolean {
  return phase === "waiting" || phase === "sending" || phase === "offline";
}
