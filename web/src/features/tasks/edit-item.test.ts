import { describe, expect, it } from "vitest";
import { draftOf, editable, editOf } from "./edit-item";
import type { ChangesetItem } from "./model";

const item = (fields: Partial<ChangesetItem>): ChangesetItem => ({
  kind: "task",
  id: "i",
  position: 0,
  operation: "create",
  task_id: "t",
  title: "Call bank",
  before: null,
  after: { title: "Call bank" },
  status: "pending",
  conflict: null,
  proposed: null,
  edited_at: null,
  is_applied: false,
  ...fields,
});

describe("what may be edited", () => {
  it("is all of a new task, and no project below a parent", () => {
    expect(editable(item({}))).toContain("project");
    expect(editable(item({ after: { title: "A", parent_id: "p" } }))).not.toContain("project");
  });

  it("is what an update changes, and nothing of an end", () => {
    const after = { priority: 1, due_on: "2026-07-01", due_at: null };
    expect(editable(item({ operation: "update", before: {}, after }))).toEqual(["priority", "due"]);
    expect(editable(item({ operation: "complete", after: { status: "done" } }))).toEqual([]);
    expect(editable(item({ operation: "delete", after: null }))).toEqual([]);
  });
});

describe("an edit", () => {
  const one = item({ after: { title: "Call bank", labels: ["home"], due_on: "2026-07-01" } });

  it("holds only what was changed", () => {
    expect(editOf(one, draftOf(one))).toEqual({});
    const changed = { ...draftOf(one), title: " Call the bank ", labels: [], priority: "1" };
    expect(editOf(one, changed)).toEqual({ title: "Call the bank", labels: [], priority: 1 });
  });

  it("takes a day for a day, a moment for a moment, and neither for nothing", () => {
    expect(editOf(one, { ...draftOf(one), due: "2026-07-02" })).toEqual({ due_on: "2026-07-02" });
    expect(editOf(one, { ...draftOf(one), due: "" })).toEqual({ due_on: null, due_at: null });
    const at = item({ after: { title: "A", due_at: "2026-07-01T09:30:00Z" } });
    const { due } = draftOf(at);
    expect(new Date(due).toISOString()).toBe("2026-07-01T09:30:00.000Z");
    const later = new Date("2026-07-01T10:00").toISOString();
    expect(editOf(at, { ...draftOf(at), due: "2026-07-01T10:00" })).toEqual({ due_at: later });
  });
});

describe("a proposed event", () => {
  const event = item({
    kind: "event",
    operation: "create",
    after: { title: "Board", starts_on: null, starts_at: "2026-07-15T09:00:00Z", place: "Bonn" },
  });

  it("has fields of its own", () => {
    expect(editable(event)).toEqual(["title", "starts", "ends", "place", "notes"]);
    expect(editable({ ...event, operation: "update", after: { place: "Bonn" } })).toEqual([
      "place",
    ]);
  });

  it("is moved, and put elsewhere", () => {
    const draft = { ...draftOf(event), place: " Ulm ", starts: "2026-07-16T08:30" };
    expect(editOf(event, draft)).toEqual({
      place: "Ulm",
      starts_at: new Date(2026, 6, 16, 8, 30).toISOString(),
    });
    expect(editOf(event, { ...draftOf(event), starts: "2026-07-20" })).toEqual({
      starts_on: "2026-07-20",
    });
  });
});
