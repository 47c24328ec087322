/** Text and colour; null is the colour of the code around it. */
export type HighlightedToken = [text: string, color: string | null];
export type HighlightedLine = HighlightedToken[];

export interface HighlightRequest {
  id: number;
  code: string;
  language: string;
}

export interface HighlightResponse {
  id: number;
  lines: HighlightedLine[] | null;
}

/** Longer code stays plain. */
const MAX_CHARS = 50_000;
const MAX_WAITING = 64;
/** A grammar that takes longer than this on some text is stuck: the worker is replaced. */
const TIMEOUT_MS = 6000;

type Done = (lines: HighlightedLine[] | null) => void;

let worker: Worker | null = null;
let next = 0;
let watch: ReturnType<typeof setTimeout> | null = null;
const waiting = new Map<number, Done>();

function giveUp(): void {
  worker?.terminate();
  worker = null;
  for (const done of waiting.values()) done(null);
  waiting.clear();
}

function guard(): void {
  if (watch) clearTimeout(watch);
  watch = waiting.size > 0 ? setTimeout(giveUp, TIMEOUT_MS) : null;
}

function start(): Worker {
  const made = new Worker(new URL("./highlight-worker.ts", import.meta.url), {
    type: "module",
    name: "highlight",
  });
  made.addEventListener("message", (event: MessageEvent<HighlightResponse>) => {
    const { id, lines } = event.data;
    waiting.get(id)?.(lines);
    waiting.delete(id);
    guard();
  });
  made.addEventListener("error", giveUp);
  return made;
}

/** Colours code in a worker. Null: too long, an unknown language, or no worker here. */
export function highlight(code: string, language: string): Promise<HighlightedLine[] | null> {
  const none = typeof Worker === "undefined";
  if (none || code.length > MAX_CHARS || waiting.size >= MAX_WAITING) return Promise.resolve(null);
  worker ??= start();
  next += 1;
  const request: HighlightRequest = { id: next, code, language };
  return new Promise((resolve) => {
    waiting.set(request.id, resolve);
    worker?.postMessage(request);
    guard();
  });
}
