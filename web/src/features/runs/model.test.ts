import { describe, expect, it } from "vitest";
import { ASKED_FOR, FILTERS } from "./model";

describe("what a filter of runs asks for", () => {
  it("leaves it to the server who waits for a person", () => {
    expect(ASKED_FOR.waiting).toEqual({ waiting: true });
  });

  it("asks for states or for what waits, never for both", () => {
    for (const filter of FILTERS) expect(Object.keys(ASKED_FOR[filter]).length).toBeLessThan(2);
  });
});
