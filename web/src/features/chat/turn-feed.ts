import type { UpdateFrame } from "@/lib/socket/frames";
import { MessageStream } from "@/markdown/stream";
import type { Message, ToolCall, Turn } from "./model";

/** A run of text between two tool calls, or a tool call. */
export type Segment =
  | { kind: "text"; key: string; stream: MessageStream }
  | { kind: "tool"; key: string; call: ToolCall };

/** What changes seldom. Text grows inside of the streams, without a new view for each word. */
export interface FeedView {
  attempt: number;
  segments: readonly Segment[];
  reasoning: MessageStream | null;
  /** The model that answers, as soon as it is known. */
  routed: { model: string; provider: string; simulated: boolean } | null;
  ended: { turn: Turn; message: Message } | null;
}

type Data = Record<string, unknown>;

const EMPTY: FeedView = {
  attempt: 1,
  segments: [],
  reasoning: null,
  routed: null,
  ended: null,
};

const text = (value: unknown): string => (typeof value === "string" ? value : "");

/**
 * The stream of one turn, put together from its frames.
 *
 * Frames come in order; one that came already is dropped. `turn.restarted` clears all that was
 * said. After `turn.ended` the text is that of the stored message, whatever was lost on the way.
 */
export class TurnFeed {
  readonly turnId: string;
  #last = 0;
  #view: FeedView = EMPTY;
  #keys = 0;
  readonly #newStream: () => MessageStream;
  readonly #listeners = new Set<() => void>();

  constructor(turnId: string, newStream: () => MessageStream = () => new MessageStream()) {
    this.turnId = turnId;
    this.#newStream = newStream;
  }

  /** The answer so far, shown or not. */
  get text(): string {
    return this.#view.segments
      .map((segment) => (segment.kind === "text" ? segment.stream.text : ""))
      .join("");
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly view = (): FeedView => this.#view;

  apply(frame: Pick<UpdateFrame, "id" | "event" | "data">): void {
    const seq = Number(frame.id);
    if (!Number.isInteger(seq) || seq <= this.#last || this.#view.ended) return;
    this.#last = seq;
    this.#apply(frame.event, frame.data);
  }

  /** Forgets all, to be replayed from the first frame. */
  rewind(): void {
    if (this.#view.ended) return;
    this.#last = 0;
    this.#publish({ ...EMPTY, attempt: this.#view.attempt });
  }

  /** The turn is over: takes the stored message, from the last frame or from a fetch. */
  end(turn: Turn, message: Message): void {
    if (this.#view.ended) return;
    const segments = this.#settled(message, turn);
    const reasoning = this.#settleReasoning(message.reasoning);
    this.#publish({ ...this.#view, segments, reasoning, ended: { turn, message } });
  }

  #apply(event: string, data: Data): void {
    switch (event) {
      case "turn.text":
        this.#openText().append(text(data.text));
        break;
      case "turn.reasoning":
        this.#openReasoning().append(text(data.text));
        break;
      case "turn.routed":
        this.#publish({
          ...this.#view,
          routed: {
            model: text(data.model),
            provider: text(data.provider),
            simulated: data.simulated === true,
          },
        });
        break;
      case "turn.tool_called":
        this.#call(data);
        break;
      case "turn.tool_returned":
        this.#returned(data);
        break;
      case "turn.restarted":
        this.#publish({ ...EMPTY, attempt: Number(data.attempt ?? this.#view.attempt + 1) });
        break;
      case "turn.ended":
        this.end(data.turn as Turn, data.message as Message);
        break;
      default:
    }
  }

  #openText(): MessageStream {
    const last = this.#view.segments.at(-1);
    if (last?.kind === "text") return last.stream;
    const stream = this.#newStream();
    const segment: Segment = { kind: "text", key: this.#key(), stream };
    this.#publish({ ...this.#view, segments: [...this.#view.segments, segment] });
    return stream;
  }

  #openReasoning(): MessageStream {
    if (this.#view.reasoning) return this.#view.reasoning;
    const reasoning = this.#newStream();
    this.#publish({ ...this.#view, reasoning });
    return reasoning;
  }

  #call(data: Data): void {
    const last = this.#view.segments.at(-1);
    if (last?.kind === "text") last.stream.finish();
    const call: ToolCall = {
      call_id: text(data.call_id),
      name: text(data.name),
      title: text(data.title),
      arguments: (data.arguments ?? {}) as ToolCall["arguments"],
      ok: null,
      summary: "",
      changeset_id: null,
    };
    const segment: Segment = { kind: "tool", key: this.#key(), call };
    this.#publish({ ...this.#view, segments: [...this.#view.segments, segment] });
  }

  #returned(data: Data): void {
    const at = this.#view.segments.findLastIndex(
      (segment) => segment.kind === "tool" && segment.call.call_id === data.call_id,
    );
    const found = this.#view.segments[at];
    if (found?.kind !== "tool") return;
    const call: ToolCall = {
      ...found.call,
      ok: data.ok === true,
      summary: text(data.summary),
      changeset_id: text(data.changeset_id) || null,
    };
    this.#publish({
      ...this.#view,
      segments: this.#view.segments.with(at, { ...found, call }),
    });
  }

  /** The stored message's parts in the streams that are on screen, so that nothing is drawn anew. */
  #settled(message: Message, turn: Turn): Segment[] {
    const calls = new Map(turn.tool_calls.map((call) => [call.call_id, call]));
    return message.parts.flatMap((part, i): Segment[] => {
      const shown = this.#view.segments[i];
      if (part.type === "text") {
        const stream = shown?.kind === "text" ? shown.stream : this.#newStream();
        stream.finish(part.text);
        return [{ kind: "text", key: shown?.kind === "text" ? shown.key : this.#key(), stream }];
      }
      const call = calls.get(part.call_id);
      if (!call) return [];
      return [{ kind: "tool", key: shown?.kind === "tool" ? shown.key : this.#key(), call }];
    });
  }

  #settleReasoning(stored: string): MessageStream | null {
    if (stored === "") return null;
    const stream = this.#view.reasoning ?? this.#newStream();
    stream.finish(stored);
    return stream;
  }

  #key(): string {
    this.#keys += 1;
    return `${this.turnId}.${this.#keys}`;
  }

  #publish(view: FeedView): void {
    this.#view = view;
    for (const listener of this.#listeners) listener();
  }
}
