import type { Channel, UpdateFrame } from "./frames";

export interface ChannelHandlers {
  /** Called once for each update, in order, never twice for one id. */
  onUpdate: (update: UpdateFrame) => void;
  /** Too much was missed to replay: fetch the state anew. */
  onResync?: () => void;
  onSubscribed?: () => void;
  /** The server refused the channel. It is not asked again. */
  onError?: (code: string, detail: string) => void;
}

/** How many ids of an unnumbered channel are remembered against doubles. */
const REMEMBERED = 512;

export type Verdict = "deliver" | "drop" | "gap";

function asSequence(id: string | null): number | null {
  return id !== null && /^\d{1,15}$/.test(id) ? Number(id) : null;
}

/** One listener on one channel, with its own place in the stream. */
export class Subscription {
  readonly channel: Channel;
  readonly handlers: ChannelHandlers;
  #cursor: string | null;
  readonly #seen = new Set<string>();

  constructor(channel: Channel, after: string | null, handlers: ChannelHandlers) {
    this.channel = channel;
    this.#cursor = after;
    this.handlers = handlers;
  }

  /** The id of the last update that was delivered; where a resume begins. */
  get cursor(): string | null {
    return this.#cursor;
  }

  /** Takes the server's place when the listener had none: "from now on". */
  settle(cursor: string | null): void {
    this.#cursor ??= cursor;
  }

  /** Begins anew after a resync. */
  reset(): void {
    this.#cursor = null;
    this.#seen.clear();
  }

  /** Numbered updates must follow one another; the others must only not repeat. */
  judge(id: string): Verdict {
    const next = asSequence(id);
    const last = asSequence(this.#cursor);
    if (next !== null && last !== null) {
      if (next <= last) return "drop";
      return next === last + 1 ? "deliver" : "gap";
    }
    return id === this.#cursor || this.#seen.has(id) ? "drop" : "deliver";
  }

  deliver(update: UpdateFrame): void {
    this.#cursor = update.id;
    this.#remember(update.id);
    this.handlers.onUpdate(update);
  }

  #remember(id: string): void {
    if (asSequence(id) !== null) return;
    this.#seen.add(id);
    if (this.#seen.size > REMEMBERED) {
      const [oldest] = this.#seen;
      if (oldest !== undefined) this.#seen.delete(oldest);
    }
  }
}
