import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import { labelColor } from "./badge";
import { Button } from "./button";
import { Dialog } from "./dialog";
import { Field } from "./field";
import { Input } from "./input";
import { Kbd } from "./kbd";
import { ProgressBar } from "./progress-bar";
import { SegmentedControl } from "./segmented-control";

describe("Button", () => {
  it("is no submit button unless it says so", () => {
    render(<Button>Cancel</Button>);
    expect(screen.getByRole("button").getAttribute("type")).toBe("button");
  });

  it("keeps its name and refuses clicks while it loads", async () => {
    let clicks = 0;
    render(
      <Button loading onClick={() => (clicks += 1)}>
        Save
      </Button>,
    );
    const button = screen.getByRole("button", { name: "Save" });
    await userEvent.click(button);
    expect(clicks).toBe(0);
    expect(button.getAttribute("aria-busy")).toBe("true");
  });
});

describe("Field", () => {
  it("ties label and hint to the control, and the error in the hint's place", () => {
    const view = render(
      <Field label="Title" hint="Short is good.">
        {(control) => <Input {...control} />}
      </Field>,
    );
    const described = () => {
      const id = screen.getByLabelText("Title").getAttribute("aria-describedby") ?? "";
      return id.split(" ").map((part) => document.getElementById(part)?.textContent ?? null);
    };
    expect(described()).toEqual(["Short is good."]);
    view.rerender(
      <Field label="Title" hint="Short is good." error="Too long.">
        {(control) => <Input {...control} />}
      </Field>,
    );
    expect(described()).toEqual(["Too long."]);
    expect(screen.getByLabelText("Title").getAttribute("aria-invalid")).toBe("true");
  });
});

function Views() {
  const [view, setView] = useState<"list" | "board">("list");
  return (
    <SegmentedControl
      label="View"
      value={view}
      onChange={setView}
      segments={[
        { value: "list", label: "List" },
        { value: "board", label: "Board" },
      ]}
    />
  );
}

describe("SegmentedControl", () => {
  it("is one stop of the Tab key, moved by arrows around its ends", async () => {
    render(<Views />);
    await userEvent.tab();
    expect(document.activeElement).toBe(screen.getByRole("radio", { name: "List" }));
    await userEvent.keyboard("{ArrowRight}");
    const board = screen.getByRole("radio", { name: "Board" });
    expect(board.getAttribute("aria-checked")).toBe("true");
    expect(document.activeElement).toBe(board);
    await userEvent.keyboard("{ArrowRight}");
    expect(board.getAttribute("aria-checked")).toBe("false");
    await userEvent.tab();
    expect(document.activeElement).toBe(document.body);
  });
});

describe("Dialog", () => {
  it("gives the keyboard to its first field, and back by Escape", async () => {
    let open = true;
    render(
      <Dialog open onOpenChange={(next) => (open = next)} title="Rename">
        <input aria-label="Name" />
      </Dialog>,
    );
    expect(document.activeElement).toBe(screen.getByLabelText("Name"));
    await userEvent.keyboard("{Escape}");
    expect(open).toBe(false);
  });

  it("arms no button when it only asks", () => {
    render(
      <Dialog open onOpenChange={() => {}} title="Delete?" footer={<Button>Delete</Button>} />,
    );
    expect(document.activeElement?.getAttribute("role")).toBe("dialog");
  });
});

it("shows the caps of a shortcut in order", () => {
  const { container } = render(<Kbd keys="g t" />);
  expect([...container.querySelectorAll("kbd")].map((k) => k.textContent)).toEqual(["G", "T"]);
});

it.each([
  [-1, "0"],
  [0.5, "50"],
  [7, "100"],
])("keeps progress %s within its bounds", (value, shown) => {
  render(<ProgressBar value={value} label="Done" />);
  expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe(shown);
});

it("gives an unknown label colour the neutral one", () => {
  expect(labelColor("red")).toBe("var(--label-red)");
  expect(labelColor("url(https://evil)")).toBe("var(--label-gray)");
});
