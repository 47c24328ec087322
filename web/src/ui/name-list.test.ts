import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { joinNames, moveName } from "./name-list";

describe("joinNames", () => {
  it("takes what was pasted, trimmed and each once", () => {
    expect(joinNames(["eu"], " us ,eu\n\nlocal, ")).toEqual(["eu", "us", "local"]);
  });
  it("adds nothing for nothing", () => {
    expect(joinNames(["eu"], "  , \n")).toEqual(["eu"]);
  });
});

describe("moveName", () => {
  it("swaps neighbours and stops at both ends", () => {
    expect(moveName(["a", "b", "c"], 2, -1)).toEqual(["a", "c", "b"]);
    expect(moveName(["a", "b"], 0, -1)).toEqual(["a", "b"]);
    expect(moveName(["a", "b"], 1, 1)).toEqual(["a", "b"]);
  });
  it("keeps every name, and goes back by the other way", () => {
    const names = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 2 });
    fc.assert(
      fc.property(names, fc.nat(), (list, seed) => {
        const at = seed % (list.length - 1);
        expect(moveName(moveName(list, at, 1), at + 1, -1)).toEqual(list);
      }),
    );
  });
});
