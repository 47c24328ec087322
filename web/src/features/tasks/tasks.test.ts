import { QueryClient } from "@tanstack/react-query";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeOf, stepAside, stepWithin } from "./board-moves";
import { keys, moveInPages, newestOf, patchPages, type TaskPages, takeTask } from "./cache";
import { dueTone, dueWords } from "./due";
import type { Status, Task } from "./model";

const COLUMNS = ["todo", "doing", "done"] as const satisfies readonly Status[];

function task(id: string, over: Partial<Task> = {}): Task {
  return {
    id,
    title: id,
    notes: "",
    status: "todo",
    priority: 4,
    project_id: null,
    parent_id: null,
    labels: [],
    due_on: null,
    due_at: null,
    position: "a",
    assignee_id: null,
    created_by: null,
    created_at: "2027-01-01T00:00:00Z",
    updated_at: "2027-01-01T00:00:00Z",
    completed_at: null,
    version: 1,
    subtasks: { total: 0, done: 0 },
    ...over,
  };
}

function pagesOf(...pages: Task[][]): TaskPages {
  return {
    pages: pages.map((items) => ({ items, next_cursor: null })),
    pageParams: pages.map(() => undefined),
  };
}

const all = (pages: TaskPages | undefined): Task[] =>
  pages?.pages.flatMap((page) => page.items) ?? [];

describe("the cache of tasks", () => {
  it("never lets an older version overwrite a newer one, in any order of arrival", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (versions) => {
        const queries = new QueryClient();
        queries.setQueryData(keys.list({}), pagesOf([task("a")], [task("b")]));
        for (const version of versions) takeTask(queries, task("b", { version }));
        const newest = Math.max(...versions);
        expect(queries.getQueryData<Task>(keys.task("b"))?.version).toBe(newest);
        const listed = all(queries.getQueryData<TaskPages>(keys.list({})));
        expect(listed.map((each) => each.version)).toEqual([1, newest]);
      }),
    );
  });

  it("knows a row as the last change left it, and never as it was before the server's word", () => {
    const queries = new QueryClient();
    const row = task("a", { version: 4 });
    expect(newestOf(queries, row)).toBe(row);
    takeTask(queries, { ...row, priority: 3 });
    expect(newestOf(queries, row).priority).toBe(3);
    const told = task("a", { version: 5 });
    expect(newestOf(queries, told)).toBe(told);
  });

  it("leaves lists that don't show the task as they are, the same object", () => {
    const pages = pagesOf([task("a")]);
    expect(patchPages(pages, task("z"))).toBe(pages);
  });
});

describe("moves on the board", () => {
  const titles = (tasks: readonly Task[], status: Status) =>
    tasks.filter((each) => each.status === status).map((each) => each.id);

  it("keeps every card, once, whatever is moved where", () => {
    const ids = ["a", "b", "c", "d", "e", "f"];
    const step = fc.record({
      id: fc.constantFrom(...ids),
      over: fc.constantFrom(...ids, undefined),
      to: fc.constantFrom(...COLUMNS),
      by: fc.constantFrom(-1, 1),
      kind: fc.constantFrom("drop", "aside", "within"),
      below: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        let pages: TaskPages | undefined = pagesOf(
          ids.slice(0, 4).map((id) => task(id)),
          ids.slice(4).map((id) => task(id)),
        );
        for (const { id, over, to, by, kind, below } of steps) {
          const cards = all(pages);
          const moved = cards.find((each) => each.id === id);
          if (!moved) throw new Error(`${id} is lost`);
          const column = (status: Status) => cards.filter((each) => each.status === status);
          const move =
            kind === "drop"
              ? placeOf(to, column(to), id, over, below)
              : kind === "aside"
                ? stepAside(COLUMNS, moved, by)
                : stepWithin(column(moved.status), moved, by);
          if (!move) continue;
          pages = moveInPages(pages, { ...moved, status: move.status }, move.after);
          const now = titles(all(pages), move.status);
          // It stands right below its neighbour, or on top.
          expect(now.indexOf(id)).toBe(move.after === null ? 0 : now.indexOf(move.after) + 1);
        }
        expect(
          all(pages)
            .map((each) => each.id)
            .toSorted(),
        ).toEqual(ids);
      }),
    );
  });

  it("ends at the edges", () => {
    const column = [task("a"), task("b")];
    expect(stepWithin(column, task("a"), -1)).toBeNull();
    expect(stepWithin(column, task("b"), 1)).toBeNull();
    expect(stepAside(COLUMNS, task("a"), -1)).toBeNull();
    expect(stepWithin(column, task("a"), 1)).toEqual({ status: "todo", after: "b" });
    expect(stepWithin(column, task("b"), -1)).toEqual({ status: "todo", after: null });
  });
});

describe("due words", () => {
  const at = (iso: string) => new Date(iso);
  const on = (due_on: string) => ({ due_on, due_at: null });

  it("changes at midnight, not 24 hours later", () => {
    expect(dueWords(on("2027-03-10"), at("2027-03-09T23:59:59"))).toBe("Tomorrow");
    expect(dueWords(on("2027-03-10"), at("2027-03-10T00:00:00"))).toBe("Today");
    expect(dueWords(on("2027-03-10"), at("2027-03-11T00:00:00"))).toBe("Yesterday");
    expect(dueTone(on("2027-03-10"), at("2027-03-10T23:59:59"))).toBe("today");
    expect(dueTone(on("2027-03-10"), at("2027-03-11T00:00:00"))).toBe("overdue");
  });

  it("counts days over a change of the clocks, which are 23 or 25 hours long", () => {
    for (const [day, before] of [
      ["2027-03-14", "2027-03-13T23:30:00"],
      ["2027-03-28", "2027-03-27T23:30:00"],
      ["2027-10-31", "2027-10-30T00:30:00"],
      ["2027-11-07", "2027-11-06T00:30:00"],
    ] as const) {
      expect(dueWords(on(day), at(before))).toBe("Tomorrow");
      expect(dueTone(on(day), at(before))).toBe("soon");
    }
  });

  it("names the weekday within a week, then the date, and the year of another year", () => {
    const now = at("2027-03-10T12:00:00");
    expect(dueWords(on("2027-03-12"), now)).toBe("Friday");
    expect(dueWords(on("2027-03-17"), now)).toBe("Mar 17");
    expect(dueWords(on("2028-03-17"), now)).toBe("Mar 17, 2028");
  });

  it("is overdue by the minute when it has a time", () => {
    const due = { due_on: null, due_at: at("2027-03-10T09:00:00").toISOString() };
    expect(dueWords(due, at("2027-03-10T08:00:00"))).toBe("Today 09:00");
    expect(dueTone(due, at("2027-03-10T08:59:59"))).toBe("today");
    expect(dueTone(due, at("2027-03-10T09:00:01"))).toBe("overdue");
  });
});
