import { describe, expect, it } from "vitest";
import { isFiltered, narrowed } from "./call-filter";

describe("narrowed", () => {
  it("sets a part and leaves the others", () => {
    const one = narrowed({}, "model", "gpt");
    expect(narrowed(one, "status", "failed")).toEqual({ model: "gpt", status: "failed" });
    expect(one).toEqual({ model: "gpt" });
  });
  it("takes a part away, so that nothing is left to ask for", () => {
    const none = narrowed({ model: "gpt" }, "model", null);
    expect(none).toEqual({});
    expect(isFiltered(none)).toBe(false);
    expect(isFiltered({ status: "ok" })).toBe(true);
  });
});
