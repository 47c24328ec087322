import { describe, expect, it } from "vitest";
import { changeOf } from "./edit-key";
import { dayOf, endOfDay } from "./when";

const KEY = {
  id: "01a2",
  name: "Backup",
  hint: "vct_…000000_…",
  scopes: ["tasks:read" as const],
  created_at: "2026-01-01T00:00:00Z",
  expires_at: "2027-03-04T05:06:07Z",
  last_used_at: null,
  made_with: null,
};
const DAY = dayOf(KEY.expires_at);

describe("a change of a key", () => {
  it("is empty when nothing was changed, so that the hour of its end stays", () => {
    expect(changeOf(KEY, "Backup", DAY)).toEqual({});
    expect(changeOf({ ...KEY, expires_at: null }, "Backup", "")).toEqual({});
  });
  it("is the name alone, or the end alone", () => {
    expect(changeOf(KEY, "Nightly", DAY)).toEqual({ name: "Nightly" });
    expect(changeOf(KEY, "Backup", "2027-03-01")).toEqual({ expires_at: endOfDay("2027-03-01") });
  });
  it("lets a key live until it is revoked when the day is emptied", () => {
    expect(changeOf(KEY, "Backup", "")).toEqual({ expires_at: null });
  });
});
