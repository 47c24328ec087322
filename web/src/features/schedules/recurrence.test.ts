import { beforeAll, describe, expect, it } from "vitest";
import { loadStrings, translator } from "@/lib/i18n/i18n";
import { inWords, type Recurrence, recurrenceOf, ruleOf, tomorrow, wallOf } from "./recurrence";

beforeAll(() => loadStrings("schedules"));

const form = (fields: Partial<Recurrence>): Recurrence => ({
  preset: "daily",
  days: [],
  own: "",
  ...fields,
});

describe("a recurrence", () => {
  it.each([
    [form({}), "FREQ=DAILY"],
    [form({ preset: "weekdays" }), "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"],
    [form({ preset: "weekly", days: ["SU", "MO"] }), "FREQ=WEEKLY;BYDAY=MO,SU"],
    [form({ preset: "monthly" }), "FREQ=MONTHLY"],
    [form({ preset: "own", own: " FREQ=HOURLY;INTERVAL=6 " }), "FREQ=HOURLY;INTERVAL=6"],
  ])("becomes a rule, and a form again", (given, rule) => {
    expect(ruleOf(given)).toBe(rule);
    expect(recurrenceOf(rule).preset).toBe(given.preset);
    expect(ruleOf(recurrenceOf(rule))).toBe(rule);
  });

  it("is said in words", () => {
    const t = translator("schedules");
    const start = "2027-01-31T09:05";
    expect(inWords("FREQ=DAILY", start, t)).toBe("Every day at 09:05");
    expect(inWords("FREQ=WEEKLY;BYDAY=MO,FR", start, t)).toBe(
      "Each week on Monday and Friday at 09:05",
    );
    expect(inWords("FREQ=MONTHLY", start, t)).toBe("Each month on day 31 at 09:05");
    expect(inWords("FREQ=YEARLY;BYMONTH=2", start, t)).toBe("FREQ=YEARLY;BYMONTH=2");
  });
});

describe("times", () => {
  it("are shown as the wall of their zone has them", () => {
    expect(wallOf("2027-03-01T08:00:00Z", "Asia/Tokyo")).toContain("5:00");
    expect(() => wallOf("2027-03-01T08:00:00Z", "No/Where")).not.toThrow();
  });

  it("begin tomorrow, also at the end of a year", () => {
    expect(tomorrow(new Date(2026, 11, 31, 23, 59))).toBe("2027-01-01");
  });
});
