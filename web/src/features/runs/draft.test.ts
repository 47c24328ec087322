import { describe, expect, it } from "vitest";
import { draftOf, EMPTY, filled, placeholdersOf, presetOf, runOf } from "./draft";

describe("placeholders", () => {
  it("are named once, in the order of reading, as the server names them", () => {
    const goal = "{a} {b c} {a} { no} {} {{d}} {e";
    expect(placeholdersOf({ goal, criteria: "{ü-1}\n{b c}" })).toEqual(["a", "b c", "d", "ü-1"]);
  });

  it("are filled in without being read again, and stay where nothing is given", () => {
    const values = { city: "{people} $& Lisbon", people: " " };
    expect(filled("To {city} for {people} or {other}", values)).toBe(
      "To {people} $& Lisbon for {people} or {other}",
    );
  });
});

describe("a draft", () => {
  const draft = {
    ...EMPTY,
    goal: " Plan {days} days ",
    criteria: "- It names {days}\n\n• It is short",
    cost: "0.25",
    tools: ["list_tasks"],
    choice: { slot: "pro" as const },
  };

  it("becomes a run with its deadline and its words filled in", () => {
    expect(runOf(draft, { days: "three" }, "t", 0)).toEqual({
      goal: "Plan three days",
      criteria: ["It names three", "It is short"],
      budget: { cost_usd: "0.25", steps: 100 },
      deadline_at: "1970-01-02T00:00:00.000Z",
      choice: { slot: "pro" },
      tools: ["list_tasks"],
      project_id: null,
      task_id: "t",
    });
  });

  it("is the same again after it was kept as a preset", () => {
    const kept = presetOf(draft, { name: " Days ", icon: "🗓️", shared: true });
    expect(kept).toMatchObject({ name: "Days", is_shared: true, goal: "Plan {days} days" });
    const stored = {
      goal: kept.goal,
      criteria: kept.criteria ?? [],
      budget: { cost_usd: "0.25000000", tokens: 500_000, steps: 100 },
      hours: 24,
      tools: ["list_tasks"],
      choice: { slot: "pro" as const, model: null },
      project_id: null,
    };
    expect(draftOf(stored)).toEqual({
      ...draft,
      goal: "Plan {days} days",
      criteria: "It names {days}\nIt is short",
    });
  });
});
