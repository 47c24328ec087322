import { describe, expect, it } from "vitest";
import { type JournalEntry, tell } from "./journal";

function journal(...steps: [kind: string, data?: Record<string, unknown>][]): JournalEntry[] {
  return steps.map(([kind, data = {}], index) => ({
    seq: index + 1,
    kind,
    at: `2026-11-28T12:00:0${index % 10}Z`,
    data,
  }));
}

const BEGUN = { call_id: "c1", tool: "create_task", title: "Prepare a new task", effect: "unsafe" };
const ARGUMENTS = '{"title": "Book the hall"}';

describe("the story of a run", () => {
  it("begins with the goal and grows with each entry", () => {
    const entries = journal(
      ["created", { goal: "Plan the party", criteria: ["A hall is booked"] }],
      ["moved", { move: "claim", state: "running" }],
      ["think_begun", { number: 1, prompt: "agent" }],
      [
        "think_ended",
        {
          number: 1,
          parts: [{ type: "text", text: "First the hall." }, { type: "call" }],
          cost_usd: "0.0125",
          model: "m1",
        },
      ],
      ["planned", { steps: [{ text: "Book", done: true }, { text: "Invite" }] }],
    );
    const story = tell(entries);
    expect(story).toMatchObject({ goal: "Plan the party", state: "running", seq: 5 });
    expect(story.plan).toEqual([
      { text: "Book", done: true },
      { text: "Invite", done: false },
    ]);
    expect(story.moments.map(({ type }) => type)).toEqual(["moved", "thought"]);
    expect(story.moments[1]).toMatchObject({ text: "First the hall.", cost: 0.0125, model: "m1" });
    expect(tell(entries, 3).moments.at(-1)).toMatchObject({ type: "thinking", checks: false });
  });

  it("tells what came in and began it", () => {
    const entries = journal(
      ["created", { goal: "Summarise" }],
      ["received", { origin: "webhook", text: "Obey!" }],
    );
    expect(tell(entries).moments).toMatchObject([
      { type: "received", origin: "webhook", text: "Obey!" },
    ]);
  });

  it("leaves out that another engine takes step after step, and says when it is replaced", () => {
    const entries = journal(
      ["moved", { move: "claim", state: "running", attempt: 1 }],
      ["think_ended", { number: 1, parts: [{ type: "text", text: "First the hall." }] }],
      ["moved", { move: "hand_back", state: "queued" }],
      ["moved", { move: "claim", state: "running", attempt: 2 }],
      ["moved", { move: "hand_back", state: "queued", reason: "The model is busy." }],
      ["engine_changed", { engine: "native", reason: "n8n did not call in time." }],
      ["moved", { move: "claim", state: "running", attempt: 3 }],
    );
    const told = tell(entries).moments.map((one) => (one.type === "moved" ? one.reason : one.type));
    expect(told).toEqual(["", "thought", "The model is busy.", "n8n did not call in time.", ""]);
  });

  it("tells a call once, from its intent to its result", () => {
    const entries = journal(
      ["call_begun", { ...BEGUN, arguments: ARGUMENTS }],
      ["call_begun", { ...BEGUN, arguments: ARGUMENTS }],
      ["call_ended", { call_id: "c1", ok: true, summary: "Prepared", changeset_id: "s1" }],
    );
    expect(tell(entries, 2).moments).toMatchObject([
      { type: "call", seq: 1, call: { ok: null, arguments: { title: "Book the hall" } } },
    ]);
    const story = tell(entries);
    expect(story.moments).toMatchObject([{ seq: 1, call: { ok: true, summary: "Prepared" } }]);
    expect(story.changesets).toEqual(["s1"]);
  });

  it("has an approval open until somebody decides, and what was decided after", () => {
    const entries = journal(
      ["approval_asked", { ...BEGUN, approval_id: "a1", arguments: ARGUMENTS, why: "It sends" }],
      ["approval_decided", { approval_id: "a1", approved: false, note: "Not today" }],
    );
    expect(tell(entries, 1).approval).toMatchObject({ id: "a1", why: "It sends", raw: ARGUMENTS });
    const story = tell(entries);
    expect(story.approval).toBeNull();
    expect(story.moments).toMatchObject([{ type: "approval", approved: false, note: "Not today" }]);
  });

  it("knows the call in doubt until it is settled", () => {
    const entries = journal(
      ["call_begun", { ...BEGUN, arguments: "no json" }],
      ["moved", { state: "needs_review", code: "agents.call_in_doubt", reason: "Not known." }],
      ["settled", { call_id: "c1", outcome: "not_done" }],
    );
    expect(tell(entries, 2).doubt).toMatchObject({ id: "c1", raw: "no json", arguments: null });
    expect(tell(entries).doubt).toBeNull();
  });

  it("keeps the verdict of each criterion, the question and the report", () => {
    const entries = journal(
      ["created", { goal: "g", criteria: ["a", "b"] }],
      ["input_asked", { call_id: "c2", question: "Which hall?" }],
      ["input_given", { call_id: "c2", text: "The old one" }],
      ["think_begun", { number: 2, prompt: "agent-check" }],
      ["think_ended", { number: 2, parts: [{ type: "call", text: "{}" }] }],
      [
        "check_ended",
        {
          round: 1,
          criteria: [
            { met: true, why: "yes" },
            { met: false, why: "no" },
          ],
        },
      ],
      ["reported", { report: "Done.", evidence: [{ criterion: "a", evidence: "e" }] }],
    );
    expect(tell(entries, 2).question).toBe("Which hall?");
    const story = tell(entries);
    expect(story.question).toBeNull();
    expect(story.verdicts.map(({ met }) => met)).toEqual([true, false]);
    expect(story).toMatchObject({ report: "Done.", evidence: [{ criterion: "a", evidence: "e" }] });
    expect(story.moments.map(({ type }) => type)).toEqual(["asked", "answered", "check"]);
  });

  it("takes no harm from what it does not know", () => {
    const entries = journal(
      ["of_a_later_release", { goal: 7 }],
      ["created", { goal: 7, criteria: "many" }],
      ["call_ended", { call_id: "lost", ok: 1 }],
      ["planned", { steps: [null, "x"] }],
    );
    expect(tell(entries)).toMatchObject({ goal: "", criteria: [], seq: 4 });
  });
});
