import { act, render, screen } from "@testing-library/react";
import { Suspense } from "react";
import { expect, it } from "vitest";
import { format, loadStrings, stringsToCome, translator } from "./i18n";
import { useTranslation } from "./use-translation";

const TEXTS = {
  plain: "Save",
  deep: { deeper: { text: "Down here" }, "code.of.server": "Told", "code.of": { us: "Ours" } },
  names: "{{first}} and {{second}}, {{first}} again",
  tasks_one: "{{count}} task",
  tasks_other: "{{count}} tasks",
  many_other: "{{count}} of them",
  constructor_other: "own",
};

it.each([
  ["plain", undefined, "Save"],
  ["deep.deeper.text", undefined, "Down here"],
  ["deep.code.of.server", undefined, "Told"],
  ["deep.code.of.us", undefined, "Ours"],
  ["names", { first: "Ada", second: "<b>$&</b>" }, "Ada and <b>$&</b>, Ada again"],
  ["names", { first: 0 }, "0 and , 0 again"],
  ["tasks", { count: 1 }, "1 task"],
  ["tasks", { count: 0 }, "0 tasks"],
  ["tasks", { count: 1.5 }, "1.5 tasks"],
  ["many", { count: 1 }, "1 of them"],
  ["plain", { count: 2 }, "Save"],
  // What is no string of ours is shown as it was asked for.
  ["deep", undefined, "deep"],
  ["deep.no", undefined, "deep.no"],
  ["plain.length", undefined, "plain.length"],
  ["toString", undefined, "toString"],
  ["__proto__.toString", undefined, "__proto__.toString"],
])("writes %s with %o as “%s”", (key, values, text) => {
  expect(format(TEXTS, key, values)).toBe(text);
});

it("gives the same function at each call", () => {
  expect(translator("tasks")).toBe(translator("tasks"));
  expect(translator("tasks")).not.toBe(translator("chat"));
});

it("loads the strings of a feature once", async () => {
  await loadStrings("egress", "shared");
  expect(stringsToCome("egress")).toBeUndefined();
});

it("shows a part when its strings are here, and no key before", async () => {
  const shown: string[] = [];
  function Title() {
    const { t } = useTranslation("usage");
    shown.push(t("title"));
    return <h1>{t("title")}</h1>;
  }
  await act(async () =>
    render(
      <Suspense fallback="…">
        <Title />
      </Suspense>,
    ),
  );
  await act(() => loadStrings("usage"));
  expect((await screen.findByRole("heading")).textContent).toBe("Usage");
  expect(new Set(shown)).toEqual(new Set(["Usage"]));
});
