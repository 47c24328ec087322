import { QueryObserver } from "@tanstack/react-query";
import { describe, expect, it } from "vitest";
import { Queries } from "./queries";

const KEY = ["shelf"];

/** A shelf that is read slowly: each reading sees what was there when it began. */
function shelf() {
  const queries = new Queries({ defaultOptions: { queries: { retry: false } } });
  const answers: Array<() => void> = [];
  let books = 0;
  const observer = new QueryObserver(queries, {
    queryKey: KEY,
    queryFn: () => {
      const seen = books;
      return new Promise<number>((resolve) => answers.push(() => resolve(seen)));
    },
  });
  const leave = observer.subscribe(() => undefined);
  return {
    queries,
    answers,
    leave,
    add: () => {
      books += 1;
    },
    shown: () => observer.getCurrentResult().data,
  };
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("what changes while it is read", () => {
  it("is read again when that was the first reading", async () => {
    const { queries, answers, leave, add, shown } = shelf();
    add();
    const over = queries.invalidateQueries({ queryKey: KEY });
    answers[0]?.();
    await soon();
    expect(answers).toHaveLength(2);
    answers[1]?.();
    await over;
    expect(shown()).toBe(1);
    leave();
  });

  it("is read again at once when something is shown already, and only once", async () => {
    const { queries, answers, leave, add, shown } = shelf();
    answers[0]?.();
    await soon();
    expect(shown()).toBe(0);
    void queries.invalidateQueries({ queryKey: KEY });
    add();
    const over = queries.invalidateQueries({ queryKey: KEY });
    expect(answers).toHaveLength(3);
    answers[2]?.();
    await over;
    expect(shown()).toBe(1);
    expect(answers).toHaveLength(3);
    leave();
  });

  it("is left alone when something else changes", async () => {
    const { queries, answers, leave, add, shown } = shelf();
    add();
    await queries.invalidateQueries({ queryKey: ["another"] });
    answers[0]?.();
    await soon();
    expect(answers).toHaveLength(1);
    expect(shown()).toBe(0);
    leave();
  });
});
