import type { Definitions } from "./grammar";
import { type Block, BlockSplitter } from "./splitter";

/** What is shown of a message at one moment. Frozen groups keep their identity from frame to frame. */
export interface Snapshot {
  groups: readonly (readonly Block[])[];
  live: readonly Block[];
  definitions: Definitions;
  done: boolean;
}

export interface FrameClock {
  now: () => number;
  request: (callback: () => void) => number;
  cancel: (id: number) => void;
}

const BROWSER: FrameClock = {
  now: () => performance.now(),
  request: (callback) => requestAnimationFrame(callback),
  cancel: (id) => cancelAnimationFrame(id),
};

/** At most one flush in this many milliseconds: 31 a second read as smoothly as 60. */
const FLUSH_MS = 32;
/** A flush may take this part of the time between two; dearer ones come less often. */
const SHARE = 0.25;
/** Frozen blocks are shown in groups, so that a frame touches a handful of nodes, not hundreds. */
const GROUP = 24;

const EMPTY: Snapshot = { groups: [], live: [], definitions: {}, done: false };

/**
 * The growing text of one message.
 *
 * Chunks land in a buffer as fast as they come; the screen follows on animation frames, never more
 * often than every 32 ms, less often when a frame turns out dear.
 */
export class MessageStream {
  #splitter = new BlockSplitter();
  #text = "";
  #waiting = "";
  #snapshot: Snapshot = EMPTY;
  #frame: number | null = null;
  #flushedAt = Number.NEGATIVE_INFINITY;
  #cost = 0;
  readonly #clock: FrameClock;
  readonly #listeners = new Set<() => void>();

  constructor(clock: FrameClock = BROWSER) {
    this.#clock = clock;
  }

  /** Everything received so far, shown or not. */
  get text(): string {
    return this.#text;
  }

  append(chunk: string): void {
    if (chunk === "" || this.#snapshot.done) return;
    this.#text += chunk;
    this.#waiting += chunk;
    this.#schedule();
  }

  /** Begins anew, as after `turn.restarted`. */
  reset(): void {
    this.#cancel();
    this.#splitter = new BlockSplitter();
    this.#text = "";
    this.#waiting = "";
    this.#publish(EMPTY);
  }

  /** Shows what is left at once. `text` is the stored message; where it differs it wins. */
  finish(text?: string): void {
    this.#cancel();
    if (text !== undefined && text !== this.#text) {
      this.#splitter = new BlockSplitter();
      this.#text = text;
      this.#waiting = text;
      this.#snapshot = EMPTY;
    }
    this.#splitter.push(this.#waiting);
    this.#waiting = "";
    this.#splitter.end();
    this.#publish(this.#take(true));
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#cancel();
    };
  };

  readonly snapshot = (): Snapshot => this.#snapshot;

  #schedule(): void {
    this.#frame ??= this.#clock.request(this.#tick);
  }

  #cancel(): void {
    if (this.#frame !== null) this.#clock.cancel(this.#frame);
    this.#frame = null;
  }

  readonly #tick = (): void => {
    this.#frame = null;
    const start = this.#clock.now();
    if (start - this.#flushedAt < Math.max(FLUSH_MS, this.#cost / SHARE)) {
      this.#schedule();
      return;
    }
    this.#flushedAt = start;
    this.#splitter.push(this.#waiting);
    this.#waiting = "";
    this.#publish(this.#take(false));
    this.#cost = this.#clock.now() - start;
  };

  #take(done: boolean): Snapshot {
    const { frozen, live, definitions } = this.#splitter;
    const groups = [...this.#snapshot.groups];
    const shown = groups.reduce((sum, g) => sum + g.length, 0);
    for (let at = shown; at < frozen.length; ) {
      const last = groups.at(-1);
      const open = last && last.length < GROUP ? last : null;
      const room = GROUP - (open?.length ?? 0);
      const more = frozen.slice(at, at + room);
      if (open) groups[groups.length - 1] = [...open, ...more];
      else groups.push(more);
      at += more.length;
    }
    return { groups, live, definitions, done };
  }

  #publish(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    for (const listener of this.#listeners) listener();
  }
}

/** A message that is complete already. */
export function completeSnapshot(text: string): Snapshot {
  const stream = new MessageStream();
  stream.finish(text);
  return stream.snapshot();
}
