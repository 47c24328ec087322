import { describe, expect, it } from "vitest";
import { type Attachment, MAX_ATTACHMENTS, matching, mentionAt, withAttachment } from "./model";

const file = (id: string): Attachment => ({ kind: "file", id, name: id });

describe("a mention", () => {
  it.each([
    ["@", 1, { from: 0, query: "" }],
    ["see @lea", 8, { from: 4, query: "lea" }],
    ["(@a", 3, { from: 1, query: "a" }],
    ["see @lea and", 8, { from: 4, query: "lea" }],
    ["see @lea and", 9, null],
    ["ada@example.com", 15, null],
    ["see", 3, null],
    ["line\n@b", 7, { from: 5, query: "b" }],
  ])("in %j at %i is %j", (text, caret, found) => {
    expect(mentionAt(text, caret)).toEqual(found);
  });
});

describe("attachments", () => {
  it("are there once, and no more than may be", () => {
    const full = Array.from({ length: MAX_ATTACHMENTS }, (_, i) => file(String(i)));
    expect(withAttachment([file("a")], file("a"))).toEqual([file("a")]);
    expect(withAttachment(full, file("more"))).toEqual(full);
    expect(withAttachment([file("a")], { ...file("a"), kind: "task" })).toHaveLength(2);
  });

  it("are found by any part of the name, beginnings first", () => {
    const all = [{ name: "New lease" }, { name: "Lease.pdf" }, { name: "Notes" }];
    expect(matching(all, " LEA").map(({ name }) => name)).toEqual(["Lease.pdf", "New lease"]);
    expect(matching(all, "")).toEqual(all);
  });
});
