import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, it } from "vitest";
import { Combobox } from "./combobox";
import { matching, type Named } from "./combobox-match";
import { Dialog } from "./dialog";
import { Field } from "./field";

const PEOPLE: readonly Named[] = [
  { value: "1", label: "Ada Lovelace", hint: "ada@example.com" },
  { value: "2", label: "Zoë Müller", hint: "zoe@example.com" },
  { value: "3", label: "Zoë Müller", hint: "other@example.com" },
];

function Example() {
  const [value, setValue] = useState<string>();
  return (
    <Dialog open onOpenChange={() => undefined} title="A form">
      <Field label="Person">
        {(control) => (
          <Combobox
            {...control}
            label="Person"
            placeholder="Choose a person"
            value={value}
            onChange={setValue}
            options={PEOPLE}
          />
        )}
      </Field>
    </Dialog>
  );
}

it("is opened, searched and left by the keyboard alone", async () => {
  const person = userEvent.setup();
  render(<Example />);
  const trigger = screen.getByLabelText("Person");
  expect(trigger.textContent).toBe("Choose a person");
  trigger.focus();
  await person.keyboard("{Enter}");
  const list = await screen.findByRole("listbox", { name: "Person" });
  expect(document.activeElement?.getAttribute("placeholder")).toBe("Search by name");
  expect(within(list).getAllByRole("option")).toHaveLength(3);
  await person.keyboard("zoe{ArrowDown}");
  const options = within(list).getAllByRole("option");
  expect(options.map((option) => option.textContent)).toEqual([
    "Zoë Müllerzoe@example.com",
    "Zoë Müllerother@example.com",
  ]);
  expect(document.activeElement?.getAttribute("aria-activedescendant")).toBe(options[1]?.id);
  await person.keyboard("{Enter}");
  expect(screen.queryByRole("listbox")).toBeNull();
  expect(trigger.textContent).toBe("Zoë Müller");

  await person.click(trigger);
  const chosen = await screen.findByRole("option", { selected: true });
  expect(chosen.textContent).toContain("other@example.com");
  await person.keyboard("nobody");
  expect(screen.getByText("Nothing has this name.")).toBeDefined();
  await person.keyboard("{Enter}{Escape}");
  expect(screen.queryByRole("listbox")).toBeNull();
  expect(screen.getByRole("dialog", { name: "A form" })).toBeDefined();
  expect(trigger.textContent).toBe("Zoë Müller");
});

it("shows a part of a very long list, and tells of the rest", () => {
  const many = Array.from({ length: 1000 }, (_, at) => ({ value: `${at}`, label: `Key ${at}` }));
  expect(matching(many, "").more).toBe(900);
  expect(matching(many, "key 99")).toEqual({
    shown: many.filter(({ label }) => label.includes("99")),
    more: 0,
  });
  expect(matching(PEOPLE, "muller OTHER").shown.map(({ value }) => value)).toEqual(["3"]);
});
