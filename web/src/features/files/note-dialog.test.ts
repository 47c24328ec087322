import { describe, expect, it } from "vitest";
import { isNote, noteFile } from "./note-dialog";

describe("a note as a file", () => {
  it("has the name that was given, with the ending of Markdown", async () => {
    const file = noteFile({ name: " Packing list ", text: "- tent\n" });
    expect([file.name, file.type]).toEqual(["Packing list.md", "text/markdown"]);
    expect(await file.text()).toBe("- tent\n");
  });

  it("has that of its first words when none was given, and no ending twice", () => {
    expect(noteFile({ name: "", text: "\n## Ideas / plans\nmore" }).name).toBe("Ideas   plans.md");
    expect(noteFile({ name: "Trip.MD", text: "x" }).name).toBe("Trip.MD");
  });

  it("is told by its ending", () => {
    expect(["a.md", "b.Markdown", "c.txt", "md"].map(isNote)).toEqual([true, true, false, false]);
  });
});
