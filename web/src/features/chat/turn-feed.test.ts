import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FrameClock, MessageStream } from "@/markdown/stream";
import type { Message, Turn } from "./model";
import { TurnFeed } from "./turn-feed";

const STILL: FrameClock = { now: () => 0, request: () => 1, cancel: () => undefined };

interface Frame {
  id: string;
  event: string;
  data: Record<string, unknown>;
}

const newFeed = () => new TurnFeed("t1", () => new MessageStream(STILL));

/** Numbers steps as the server does. */
function numbered(steps: Omit<Frame, "id">[]): Frame[] {
  return steps.map((step, i) => ({ id: String(i + 1), ...step }));
}

function play(feed: TurnFeed, frames: Frame[]): void {
  for (const frame of frames) feed.apply(frame);
}

function stored(parts: Message["parts"], calls: Turn["tool_calls"] = []) {
  const text = parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  const turn = { id: "t1", status: "completed", tool_calls: calls, ended_at: "now" };
  const message = { id: "m1", text, reasoning: "", parts, status: "complete", sibling_ids: ["m1"] };
  return { turn: turn as unknown as Turn, message: message as unknown as Message };
}

const said = (text: string) => ({ event: "turn.text", data: { text } });
const ended = (parts: Message["parts"], calls?: Turn["tool_calls"]) => ({
  event: "turn.ended",
  data: stored(parts, calls) as unknown as Record<string, unknown>,
});

describe("the stream of a turn", () => {
  it("is the text of its frames, however they are cut, doubled or begun anew", () => {
    const chunks = fc.array(fc.string({ unit: "grapheme" }), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(chunks, { minLength: 1, maxLength: 4 }), fc.nat(3), (attempts, echo) => {
        const steps = attempts.flatMap((attempt, i) => [
          ...(i > 0 ? [{ event: "turn.restarted", data: { attempt: i + 1 } }] : []),
          ...attempt.map(said),
        ]);
        const frames = numbered(steps);
        const feed = newFeed();
        for (const [i, frame] of frames.entries()) {
          feed.apply(frame);
          // A reconnect sends again what was there already.
          play(feed, frames.slice(Math.max(0, i - echo), i + 1));
        }
        expect(feed.text).toBe(attempts.at(-1)?.join(""));
        expect(feed.view().attempt).toBe(attempts.length);
      }),
    );
  });

  it("ends with the stored text, also when something was lost on the way", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (heard, kept) => {
        const feed = newFeed();
        play(feed, numbered([said(heard), ended([{ type: "text", text: kept }])]));
        expect(feed.text).toBe(kept);
        expect(feed.view().ended?.message.text).toBe(kept);
      }),
    );
  });

  it("keeps tool calls between the texts around them", () => {
    const call = { call_id: "c1", name: "list_tasks", title: "Look at tasks", arguments: {} };
    const feed = newFeed();
    const frames = numbered([
      said("First. "),
      { event: "turn.tool_called", data: call },
      {
        event: "turn.tool_returned",
        data: {
          call_id: "c1",
          name: "list_tasks",
          ok: true,
          summary: "2 tasks",
          changeset_id: null,
        },
      },
      said("Then."),
    ]);
    play(feed, frames.slice(0, 2));
    expect(feed.view().segments.at(-1)).toMatchObject({ kind: "tool", call: { ok: null } });
    play(feed, frames);
    const kinds = feed.view().segments.map((segment) => segment.kind);
    expect(kinds).toEqual(["text", "tool", "text"]);
    expect(feed.view().segments[1]).toMatchObject({ call: { ok: true, summary: "2 tasks" } });
    expect(feed.text).toBe("First. Then.");
  });

  it("keeps what is on screen when the end agrees with it", () => {
    const feed = newFeed();
    play(feed, numbered([said("One"), said(" two")]));
    const before = feed.view().segments[0];
    feed.apply({ id: "3", ...ended([{ type: "text", text: "One two" }]) });
    const after = feed.view().segments[0];
    expect(after?.key).toBe(before?.key);
    expect(after).toMatchObject({ stream: before?.kind === "text" ? before.stream : null });
  });

  it("tells nobody about a word, only its stream", () => {
    const feed = newFeed();
    let told = 0;
    feed.subscribe(() => {
      told += 1;
    });
    play(feed, numbered([said("a"), said("b"), said("c")]));
    expect(told).toBe(1);
  });

  it("plays again from the first frame after a rewind, and ignores what comes after the end", () => {
    const frames = numbered([said("a"), said("b"), ended([{ type: "text", text: "ab" }])]);
    const feed = newFeed();
    play(feed, frames.slice(0, 2));
    feed.rewind();
    expect(feed.text).toBe("");
    play(feed, frames);
    feed.apply({ id: "9", ...said("c") });
    expect(feed.text).toBe("ab");
  });
});
