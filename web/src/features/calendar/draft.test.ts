import { describe, expect, it } from "vitest";
import { bodyOf, draftOf, isReady, withFirstDay } from "./draft";

describe("the form of an event", () => {
  const fresh = draftOf({ day: "2026-07-15", hour: 14 });

  it("begins where it was asked for", () => {
    expect([fresh.firstDay, fresh.from, fresh.to]).toEqual(["2026-07-15", "14:00", "15:00"]);
    expect(isReady(fresh)).toBe(false);
    expect(isReady({ ...fresh, title: "Board" })).toBe(true);
    expect(isReady({ ...fresh, title: "Board", repeats: "own" })).toBe(false);
  });

  it("becomes what the server takes", () => {
    const timed = bodyOf({ ...fresh, title: " Board ", repeats: "weekly" }, "Europe/Berlin");
    expect(timed).toMatchObject({
      title: "Board",
      starts_at: new Date(2026, 6, 15, 14).toISOString(),
      rule: "FREQ=WEEKLY",
      timezone: "Europe/Berlin",
      visibility: "private",
    });
    const whole = bodyOf({ ...fresh, title: "Trip", allDay: true, lastDay: "2026-07-17" }, "UTC");
    expect(whole).toMatchObject({ starts_on: "2026-07-15", ends_on: "2026-07-17", rule: null });
    expect("starts_at" in whole).toBe(false);
  });

  it("takes the last day along", () => {
    const long = { ...fresh, lastDay: "2026-07-17" };
    expect(withFirstDay(long, "2026-07-30").lastDay).toBe("2026-08-01");
    expect(withFirstDay({ ...long, lastDay: "" }, "2026-07-30").lastDay).toBe("");
  });
});
