import { describe, expect, it } from "vitest";
import { conditionOf, wasAsked } from "./health";

describe("conditionOf", () => {
  it.each([
    ["open", "open", "open"],
    ["degraded", "half_open", "halfOpen"],
    ["degraded", "closed", "unsteady"],
    ["healthy", "closed", "well"],
    ["healthy", null, "well"],
  ] as const)("of %s with a breaker that is %s is %s", (health, breaker, condition) => {
    expect(conditionOf({ health, breaker })).toBe(condition);
  });
});

describe("wasAsked", () => {
  const unknown = {
    health: "healthy" as const,
    breaker: null,
    error_share: null,
    first_token_ms: null,
    duration_ms: null,
  };
  it("is true as soon as something is known", () => {
    expect(wasAsked(unknown)).toBe(false);
    expect(wasAsked({ ...unknown, breaker: "closed" })).toBe(true);
    expect(wasAsked({ ...unknown, error_share: 0 })).toBe(true);
  });
});
