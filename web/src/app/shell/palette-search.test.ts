import { describe, expect, it } from "vitest";
import { findingsOf, foundOf, ofKind } from "./palette-search";

type Hits = Parameters<typeof ofKind>[1];
type Answer = Parameters<typeof foundOf>[0];

const hit = (id: string, more: Partial<Hits[number]> = {}): Hits[number] => ({
  id,
  title: `About ${id}`,
  snippet: "",
  is_closed: false,
  updated_at: null,
  message_id: null,
  spot: null,
  ...more,
});

const facet = (
  kind: Answer["facets"][number]["kind"],
  hits: Hits,
  more: Partial<Answer["facets"][number]> = {},
) => ({ kind, state: "searched" as const, hits: [...hits], next_cursor: null, ...more });

describe("ofKind", () => {
  it("shows a conversation once, by its first place", () => {
    const found = ofKind("conversation", [
      hit("a"),
      hit("b", { message_id: "m1", snippet: "… tiles …" }),
      hit("a", { message_id: "m2", snippet: "x" }),
    ]);
    expect(found.map(({ id, snippet }) => [id, snippet])).toEqual([
      ["a", ""],
      ["b", "… tiles …"],
    ]);
  });

  it("strikes out what is done, and not what is archived", () => {
    expect(ofKind("task", [hit("a", { is_closed: true })])[0]?.closed).toBe(true);
    expect(ofKind("conversation", [hit("a", { is_closed: true })])[0]?.closed).toBe(false);
  });

  it("opens a passage where it stands", () => {
    const spot = { number: 2, page: 3, start: 40, end: 90 };
    expect(ofKind("passage", [hit("f", { spot })])[0]?.href).toBe(
      "/files/f?version=2&page=3&start=40&end=90",
    );
    expect(ofKind("file", [hit("f")])[0]?.href).toBe("/files/f");
  });
});

describe("findingsOf", () => {
  it("puts the pages of one kind behind each other, in the order of kinds", () => {
    const pages = [
      { facets: [facet("file", [hit("f")]), facet("task", [hit("a")])] },
      { facets: [facet("task", [hit("b")])] },
    ];
    expect(findingsOf(pages).map(({ id }) => id)).toEqual(["a", "b", "f"]);
  });
});

describe("foundOf", () => {
  it("counts what is shown, says what failed, and leaves out what may not be seen", () => {
    const answer = {
      facets: [
        facet("task", [hit("a"), hit("b")], { next_cursor: "x" }),
        facet("project", [hit("p")]),
        facet("conversation", [], { state: "unavailable" }),
        facet("file", [], { state: "not_allowed" }),
      ],
    };
    expect(foundOf(answer)).toEqual([
      { kind: "task", count: 2, hasMore: true, failed: false },
      { kind: "conversation", count: 0, hasMore: false, failed: true },
    ]);
  });
});
