import { describe, expect, it } from "vitest";
import { forecast, moment } from "./forecast";

const now = Date.parse("2026-11-20T12:00:00Z");
const month = {
  enabled: true,
  cap: 25,
  spent: 12,
  in_doubt: 1,
  spent_per_hour: 0.01,
  resets_at: "2026-12-01T00:00:00Z",
};

describe("forecast", () => {
  it("lasts until the reset when the pace allows it", () => {
    expect(forecast(month, now)).toEqual({ kind: "lasts", at: "2026-12-01T00:00:00Z" });
  });

  it("ends before the reset when it goes faster; what is in doubt counts as spent", () => {
    const fast = { ...month, spent_per_hour: 0.5 };
    expect(forecast(fast, now)).toEqual({ kind: "ends", at: "2026-11-21T12:00:00.000Z" });
  });

  it("of a total has an end, unless that is far", () => {
    const total = { ...month, resets_at: null };
    expect(forecast({ ...total, spent_per_hour: 1 }, now)).toEqual({
      kind: "ends",
      at: "2026-11-21T00:00:00.000Z",
    });
    expect(forecast({ ...total, spent_per_hour: 1e-9 }, now)).toEqual({ kind: "years" });
  });

  it("knows budgets that are off, used up, or untouched", () => {
    expect(forecast({ ...month, enabled: false }, now).kind).toBe("off");
    expect(forecast({ ...month, spent: 26 }, now).kind).toBe("gone");
    expect(forecast({ ...month, spent_per_hour: 0 }, now).kind).toBe("idle");
  });
});

describe("moment", () => {
  it("says only what is needed", () => {
    expect(moment("2026-11-30T12:00:00Z", now)).toBe("Nov 30");
    expect(moment("2027-02-14T12:00:00Z", now)).toBe("Feb 14, 2027");
    expect(moment("2026-11-21T12:00:00Z", now)).toMatch(/^Nov 2\d, \d+:\d\d/);
  });
});
