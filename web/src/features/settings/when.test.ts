import { describe, expect, it } from "vitest";
import { ago, dayOf, device, endOfDay } from "./when";

describe("ago", () => {
  const now = Date.parse("2027-01-31T12:00:00Z");
  it.each([
    ["2027-01-31T11:59:40Z", "now"],
    ["2027-01-31T11:30:00Z", "30 minutes ago"],
    ["2027-01-31T09:00:00Z", "3 hours ago"],
    ["2027-01-30T11:00:00Z", "yesterday"],
    ["2027-02-02T12:00:00Z", "in 2 days"],
  ])("says %s as %s", (iso, words) => {
    expect(ago(iso, now)).toBe(words);
  });
});

describe("a day of a date field", () => {
  it.each(["2027-01-01", "2027-10-31", "2028-02-29"])("ends on %s, whatever the zone", (day) => {
    expect(dayOf(endOfDay(day) ?? "")).toBe(day);
  });
  it("is none for an empty field", () => {
    expect(endOfDay("")).toBeNull();
  });
});

describe("device", () => {
  it("names browser and system", () => {
    const agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    expect(device(agent)).toBe("Firefox · Linux");
  });
  it("keeps what it does not know", () => {
    expect(device("curl/8.9")).toBe("curl/8.9");
  });
});
