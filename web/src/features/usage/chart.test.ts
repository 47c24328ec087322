import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { barHeight, everyDay, scaleTop, wholeTop } from "./chart";

describe("scaleTop", () => {
  it.each([
    [[], 1],
    [[0, 0], 1],
    [[7], 10],
    [[1, 12], 20],
    [[10], 10],
    [[0.03], 0.05],
    [[0.00042], 0.0005],
    [[2_100_000], 5_000_000],
  ])("ends %j at %s", (values, top) => {
    expect(scaleTop(values)).toBe(top);
  });

  it("stands above every value, and not far", () => {
    const value = fc.double({ min: 1e-8, max: 1e12, noNaN: true });
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), (values) => {
        const most = Math.max(...values);
        const top = scaleTop(values);
        expect(top).toBeGreaterThanOrEqual(most * (1 - 1e-9));
        expect(top).toBeLessThanOrEqual(most * 2.5 * (1 + 1e-9));
      }),
    );
  });
});

describe("wholeTop", () => {
  it.each([
    [[], 2],
    [[0], 2],
    [[1], 2],
    [[3], 4],
    [[5], 10],
    [[11, 2], 20],
    [[101], 200],
  ])("of %o is %d", (values, top) => {
    expect(wholeTop(values)).toBe(top);
  });
});

describe("barHeight", () => {
  it("is in proportion, and never too small to be seen", () => {
    expect(barHeight(0, 10)).toBe(0);
    expect(barHeight(5, 10)).toBe(50);
    expect(barHeight(10, 10)).toBe(100);
    expect(barHeight(0.001, 10)).toBe(1.5);
  });
});

describe("everyDay", () => {
  it("fills the days without calls, over the end of a month", () => {
    expect(everyDay("2026-10-31", "2026-11-02", new Map([["2026-11-01", 3]]))).toEqual([
      { day: "2026-10-31", value: 0 },
      { day: "2026-11-01", value: 3 },
      { day: "2026-11-02", value: 0 },
    ]);
  });
});
