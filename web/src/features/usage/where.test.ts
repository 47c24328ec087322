import { describe, expect, it } from "vitest";
import { costOf } from "./where";

describe("what a group cost", () => {
  it.each([
    [0, 0, "$0"],
    [3.28, 0, "$3.28"],
    [0.00002, 0, "$0.000020"],
    [0.0000001, 0, "<$0.00001"],
    // Some calls have no price, or all of them.
    [0.22, 4, "≥ $0.22"],
    [0, 4, null],
  ])("of %d USD and %d calls without a price is %s", (cost_usd, unpriced, shown) => {
    expect(costOf({ cost_usd, unpriced })).toBe(shown);
  });
});
