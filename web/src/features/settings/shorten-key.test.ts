import { describe, expect, it } from "vitest";
import { earlierEnd } from "./shorten-key";
import { endOfDay } from "./when";

describe("the earlier end of a key", () => {
  it("is the end of the day", () => {
    expect(earlierEnd(null, "2027-03-01")).toBe(endOfDay("2027-03-01"));
    expect(earlierEnd("2027-03-04T05:06:07Z", "2027-03-01")).toBe(endOfDay("2027-03-01"));
  });
  it("is none where the key would live longer, or no day is given", () => {
    expect(earlierEnd("2027-03-04T05:06:07Z", "2027-03-09")).toBeNull();
    expect(earlierEnd(endOfDay("2027-03-04"), "2027-03-04")).toBeNull();
    expect(earlierEnd(null, "")).toBeNull();
  });
});
