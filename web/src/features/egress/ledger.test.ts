import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byDay, byHost, bytes, lastDays, outcomeOf, type Sum, toneOf } from "./ledger";

const sum = (day: string, host: string, requests: number, bytes_out: number): Sum => ({
  day,
  host,
  requests,
  failed: 1,
  refused: 2,
  bytes_out,
  bytes_in: 5,
});
const SUMS = [
  sum("2026-11-02", "a.example", 3, 100),
  sum("2026-11-02", "b.example", 1, 900),
  sum("2026-11-01", "a.example", 2, 50),
];

describe("byDay and byHost", () => {
  it("add up what the server keeps apart", () => {
    expect([...byDay(SUMS, "requests")]).toEqual([
      ["2026-11-02", 4],
      ["2026-11-01", 2],
    ]);
    expect(byDay(SUMS, "bytes_out").get("2026-11-02")).toBe(1000);
    expect(byHost(SUMS)).toEqual([
      { host: "b.example", requests: 1, failed: 1, refused: 2, bytes_out: 900, bytes_in: 5 },
      { host: "a.example", requests: 5, failed: 2, refused: 4, bytes_out: 150, bytes_in: 10 },
    ]);
  });
});

describe("outcomeOf", () => {
  it.each([
    ["ok", "ok"],
    ["timeout: connect", "timeout"],
    ["refused", "refused"],
    ["connect: reset by peer", "failed"],
    ["open", "open"],
    ["lost", "lost"],
  ])("reads %s as %s", (outcome, word) => {
    expect(outcomeOf({ outcome })).toBe(word);
  });
});

it.each([
  ["ok", 200, "ok"],
  ["ok", null, "ok"],
  ["ok", 500, "neutral"],
  ["timeout: read", null, "danger"],
  ["open", null, "neutral"],
  ["lost", null, "danger"],
] as const)("shows %s with status %s as %s", (outcome, status, tone) => {
  expect(toneOf({ outcome, status })).toBe(tone);
});

describe("bytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1 kB"],
    [1234, "1.2 kB"],
    [99_960, "100 kB"],
    [999_600, "1 MB"],
    [5_300_000_000, "5.3 GB"],
  ])("writes %d as %s", (count, words) => {
    expect(bytes(count)).toBe(words);
  });

  it("never shows four digits before the unit, but for the largest", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 40), (count) => {
        expect(Number.parseFloat(bytes(count))).toBeLessThan(1000);
      }),
    );
  });
});

describe("lastDays", () => {
  it("follows the calendar of the person, not of Greenwich", () => {
    const now = Date.parse("2026-11-01T23:30:00Z");
    expect(lastDays(30, "UTC", now)).toEqual({ from: "2026-10-03", to: "2026-11-01" });
    expect(lastDays(1, "Asia/Tokyo", now)).toEqual({ from: "2026-11-02", to: "2026-11-02" });
  });
});
