import { describe, expect, it } from "vitest";
import { conditionOf, wasAsked } from "./health";

describe("conditionOf", () => {
  it.each([
    ["open", "open", null, "open"],
    ["degraded", "half_open", null, "halfOpen"],
    ["degraded", "closed", null, "unsteady"],
    ["healthy", "closed", 0, "well"],
    ["healthy", null, 0.05, "well"],
    ["healthy", "closed", null, "unknown"],
  ] as const)("of %s with a breaker that is %s and %s failed is %s", (...known) => {
    const [health, breaker, error_share, condition] = known;
    expect(conditionOf({ health, breaker, error_share, since: null })).toBe(condition);
  });

  it("is well where the model has come back, however seldom it was asked since", () => {
    const back = { health: "healthy", breaker: "closed", error_share: null } as const;
    expect(conditionOf({ ...back, since: "2026-11-29T10:00:00Z" })).toBe("well");
  });
});

describe("wasAsked", () => {
  const unknown = {
    health: "healthy" as const,
    breaker: null,
    since: null,
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
