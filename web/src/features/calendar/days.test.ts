import { describe, expect, it } from "vitest";
import { byDay, daysOf, mondayOf, plusMonths, shownDays, slotsOf, step } from "./days";
import type { Entry } from "./model";

const entry = (fields: Partial<Entry>): Entry => ({
  kind: "event",
  id: "1",
  title: "Board",
  starts_at: null,
  ends_at: null,
  starts_on: null,
  ends_on: null,
  is_done: false,
  occurrence: null,
  ...fields,
});
const at = (hour: number, minute = 0, date = 15) =>
  new Date(2026, 6, date, hour, minute).toISOString();
const timed = (from: string, to: string) => entry({ starts_at: from, ends_at: to });

describe("days", () => {
  it("begin their week on Monday", () => {
    expect(mondayOf("2026-07-19")).toBe("2026-07-13");
    expect(mondayOf("2026-07-13")).toBe("2026-07-13");
  });

  it("stay in their month where that is shorter", () => {
    expect(plusMonths("2026-01-31", 1)).toBe("2026-02-28");
    expect(plusMonths("2026-01-15", -1)).toBe("2025-12-15");
  });

  it("are as many as a view shows", () => {
    expect(shownDays("week", "2026-07-15")).toHaveLength(7);
    const month = shownDays("month", "2026-07-15");
    expect([month.length, month[0]]).toEqual([42, "2026-06-29"]);
    const agenda = shownDays("agenda", "2026-02-15");
    expect([agenda.length, agenda.at(-1)]).toEqual([28, "2026-02-28"]);
    expect(step("week", "2026-07-15", 1)).toBe("2026-07-22");
    expect(step("month", "2026-07-15", -1)).toBe("2026-06-15");
  });
});

describe("an entry", () => {
  it("takes no part of the day at whose midnight it ends", () => {
    expect(daysOf(timed(at(20), at(0, 0, 16)))).toEqual(["2026-07-15", "2026-07-15"]);
    expect(daysOf(timed(at(20), at(0, 1, 16)))).toEqual(["2026-07-15", "2026-07-16"]);
    expect(daysOf(entry({ starts_on: "2026-07-15", ends_on: "2026-07-17" }))).toEqual([
      "2026-07-15",
      "2026-07-17",
    ]);
  });

  it("is in each of its days", () => {
    const days = ["2026-07-15", "2026-07-16", "2026-07-17"];
    const found = byDay([entry({ starts_on: "2026-07-16", ends_on: "2026-07-20" })], days);
    expect(days.map((day) => found.get(day)?.length)).toEqual([0, 1, 1]);
  });
});

describe("a column", () => {
  it("puts what overlaps side by side, and nothing else", () => {
    const slots = slotsOf([
      timed(at(9), at(11)),
      timed(at(10), at(12)),
      timed(at(11), at(13)),
      timed(at(14), at(15)),
    ]);
    expect(slots.map(({ lane, lanes }) => [lane, lanes])).toEqual([
      [0, 2],
      [1, 2],
      [0, 2],
      [0, 1],
    ]);
  });

  it("gives what is short some room, also at the end of the day", () => {
    const [short, late, night] = slotsOf([
      timed(at(9), at(9)),
      timed(at(23, 50), at(23, 55)),
      timed(at(22), at(0, 0, 16)),
    ]).toSorted((one, other) => one.to - other.to || one.from - other.from);
    expect([short?.from, short?.to]).toEqual([540, 570]);
    expect([night?.to, late?.to]).toEqual([1440, 1440]);
  });

  it("leaves whole days out", () => {
    expect(slotsOf([entry({ starts_on: "2026-07-15" }), timed(at(9), at(9, 0, 17))])).toEqual([]);
  });
});
