import { render } from "@testing-library/react";
import { expect, it } from "vitest";
import { type Command, useCommandMap, useCommands } from "./commands";

const command = (id: string, title = id): Command => ({
  id,
  title,
  section: "",
  run: () => undefined,
});

function Holder({ commands }: { commands: Command[] }) {
  useCommands(commands);
  return null;
}

const shown = () => [...useCommandMap.getState().values()].map((each) => each.title);

it("keeps the places of commands that change their words, and drops those that went", () => {
  const first = [command("a"), command("b"), command("c")];
  const other = [command("z")];
  const both = (commands: Command[]) => (
    <>
      <Holder commands={commands} />
      <Holder commands={other} />
    </>
  );
  const view = render(both(first));
  expect(shown()).toEqual(["a", "b", "c", "z"]);
  view.rerender(both([command("a", "A"), command("c")]));
  expect(shown()).toEqual(["A", "c", "z"]);
  view.unmount();
  expect(shown()).toEqual([]);
});
