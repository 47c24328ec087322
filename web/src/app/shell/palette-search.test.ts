import { describe, expect, it } from "vitest";
import { ofHits, ofTask } from "./palette-search";

type Hits = Parameters<typeof ofHits>[0];
type Task = Parameters<typeof ofTask>[0];

const hit = (id: string, message_id: string | null, snippet: string) =>
  ({ conversation: { id, title: `About ${id}` }, message_id, snippet }) as Hits[number];

describe("ofHits", () => {
  it("shows a conversation once, by its first place", () => {
    const found = ofHits([
      hit("a", null, "About a"),
      hit("b", "m1", "… tiles …"),
      hit("a", "m2", "x"),
    ]);
    expect(found.map(({ id, snippet }) => [id, snippet])).toEqual([
      ["a", ""],
      ["b", "… tiles …"],
    ]);
  });
});

describe("ofTask", () => {
  it.each([
    ["todo", false],
    ["doing", false],
    ["done", true],
    ["cancelled", true],
  ] as const)("that is %s is closed: %s", (status, closed) => {
    expect(ofTask({ id: "1", title: "T", status } as Task).closed).toBe(closed);
  });
});
