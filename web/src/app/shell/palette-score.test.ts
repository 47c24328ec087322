import { describe, expect, it } from "vitest";
import { score } from "./palette-score";

describe("score", () => {
  it.each([
    ["Go to Inbox", "inbox"],
    ["Go to Inbox", "gti"],
    ["Use the dark theme", "drk"],
    ["Keyboard shortcuts", "short"],
  ])("finds %s by %s", (title, query) => {
    expect(score("id", query, [title])).toBeGreaterThan(0);
  });

  it("takes scattered letters for nothing, and never looks at ids", () => {
    expect(score("id", "tiles", ["Community garden and allotments"])).toBe(0);
    expect(score("projects.open", "projects", ["Kitchen"])).toBe(0);
  });
});
