import { expect, it } from "vitest";
import { ProblemError } from "@/lib/api/problem";
import {
  addressChanged,
  complaint,
  foreseen,
  type ImportedProvider,
  type ImportReport,
  placeOf,
  type Reference,
  rangeOf,
} from "./model";

const groq: ImportedProvider = {
  name: "groq",
  kind: "openai_compatible",
  address: "https://api.groq.com",
  models: ["llama-9"],
  key: "missing",
  reference: "GROQ_API_KEY",
  outcome: "made_disabled",
  detail: "",
};

it("foresees a provider with the keys that were typed or taken out since", () => {
  const asked: Reference[] = [{ name: "GROQ_API_KEY", wanted: "key", missing: true }];
  const typed = foreseen(groq, { GROQ_API_KEY: " gsk-1 " }, asked);
  expect([typed.key, typed.outcome]).toEqual(["given", "made"]);
  expect(foreseen(groq, { GROQ_API_KEY: "  " }, asked)).toBe(groq);
  expect(foreseen(groq, { OTHER: "x" }, asked)).toBe(groq);
  expect(foreseen(typed, {}, asked)).toEqual(groq);
  expect(foreseen(typed, {}, [])).toBe(typed);
  const refused = foreseen({ ...groq, outcome: "refused" }, { GROQ_API_KEY: "x" }, asked);
  expect(refused.outcome).toBe("refused");
});

it("knows when an address is another than was checked", () => {
  const report = {
    references: [
      { name: "BASE", wanted: "address", missing: true },
      { name: "KEY", wanted: "key", missing: true },
    ],
  } as ImportReport;
  expect(addressChanged(report, { BASE: "https://b.test" }, {})).toBe(true);
  expect(addressChanged(report, { BASE: "https://b.test " }, { BASE: "https://b.test" })).toBe(
    false,
  );
  expect(addressChanged(report, { KEY: "k" }, {})).toBe(false);
});

it("finds the line of a mistake", () => {
  const text = "one\ntwo\nthree";
  const line = (number: number) => text.slice(...rangeOf(text, number));
  expect([line(1), line(2), line(3), line(9)]).toEqual(["one", "two", "three", ""]);
});

it("reads where the server found it, and of which key it complains", () => {
  const problem = new ProblemError({
    status: 422,
    code: "ai.import_refused",
    title: "This file can't be imported",
    errors: [{ pointer: "/keys/A~1B", code: "value_error", detail: "no spaces" }],
    extra: { line: 3, column: 4 },
  });
  expect(placeOf(problem)).toEqual({ line: 3, column: 4 });
  expect(complaint(problem, "A/B")).toBe("no spaces");
  expect(complaint(problem, "A")).toBeUndefined();
  expect(complaint(null, "A")).toBeUndefined();
});
