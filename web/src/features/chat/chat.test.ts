import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { sentenceEnd, spoken } from "./announce";
import { asLedger, choiceKey, type Message, type TurnStarted, withTurn } from "./model";
import { compact, dollars, seconds } from "./numbers";
import { periodOf } from "./periods";
import { focusOf } from "./use-page-focus";

const message = (id: string, parent: string | null) =>
  ({ id, parent_id: parent }) as unknown as Message;
const started = (parent: string | null) =>
  ({
    user_message: message("u9", parent),
    assistant_message: message("a9", "u9"),
  }) as unknown as TurnStarted;
const ids = (all: Message[]) => all.map((one) => one.id);

describe("where a turn lands in the branch on screen", () => {
  const branch = [
    message("u1", null),
    message("a1", "u1"),
    message("u2", "a1"),
    message("a2", "u2"),
  ];
  it("goes on at the end", () => {
    expect(ids(withTurn(branch, started("a2")))).toEqual(["u1", "a1", "u2", "a2", "u9", "a9"]);
  });
  it("takes the place of what was edited", () => {
    expect(ids(withTurn(branch, started("a1")))).toEqual(["u1", "a1", "u9", "a9"]);
    expect(ids(withTurn(branch, started(null)))).toEqual(["u9", "a9"]);
  });
});

describe("what is read out", () => {
  it("ends with a sentence and never goes back", () => {
    expect(sentenceEnd("One two. Three", 0)).toBe(8);
    expect(sentenceEnd("One two", 0)).toBe(0);
    fc.assert(
      fc.property(fc.string(), fc.nat(40), (text, from) => {
        const start = Math.min(from, text.length);
        const end = sentenceEnd(text, start);
        expect(end).toBeGreaterThanOrEqual(start);
        expect(end).toBeLessThanOrEqual(text.length);
      }),
    );
  });
  it("is without marks", () => {
    expect(spoken("## A **bold**\n`word`")).toBe("A bold word");
  });
});

describe("figures", () => {
  it("are short", () => {
    expect(compact(1234)).toBe("1.2K");
    expect([12, 840, 12_400].map(seconds)).toEqual(["12 ms", "0.8 s", "12 s"]);
    expect([dollars(0), dollars(0.00042), dollars(0.0123), dollars(2.5)]).toEqual([
      "$0",
      "$0.00042",
      "$0.012",
      "$2.50",
    ]);
  });
});

describe("small readings", () => {
  it("know the day by the reader's clock", () => {
    const now = new Date(2026, 4, 10, 9);
    const at = (day: number, hour: number) => new Date(2026, 4, day, hour).toISOString();
    expect([at(10, 1), at(9, 23), at(4, 12), at(1, 12)].map((one) => periodOf(one, now))).toEqual([
      "today",
      "yesterday",
      "week",
      "older",
    ]);
  });
  it("know the page of a task and of a project, and no other", () => {
    const id = "0192f3a0-0000-7000-8000-000000000001";
    expect(focusOf(`/task/${id}`)).toEqual({ kind: "task", id });
    expect(focusOf(`/p/${id}`)).toEqual({ kind: "project", id });
    expect(focusOf("/task/nothing")).toBeNull();
  });
  it("take a ledger as it comes", () => {
    expect(asLedger(null)).toBeNull();
    const lines = [{ kind: "system", label: "Rules", state: "odd", tokens: 3, cut_tokens: 0 }, 7];
    expect(asLedger({ lines })?.lines).toEqual([
      { key: 0, kind: "system", label: "Rules", state: "in", tokens: 3, cut_tokens: 0, why: null },
    ]);
  });
  it("tell choices apart", () => {
    expect(choiceKey({ slot: "fast" })).toBe("slot:fast");
    expect(choiceKey({ model: "a" })).toBe("model:a");
    expect(choiceKey({ auto: true })).toBe("auto");
  });
});
