import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import { Field } from "./field";
import { NameInput } from "./name-input";

function Regions({ ordered = false, onSubmit }: { ordered?: boolean; onSubmit?: () => void }) {
  const [values, setValues] = useState<string[]>([]);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit?.();
      }}
    >
      <Field label="Regions">
        {(control) => (
          <NameInput {...control} values={values} onChange={setValues} ordered={ordered} />
        )}
      </Field>
      <button type="submit">Save</button>
    </form>
  );
}

const shown = () => screen.queryAllByRole("listitem").map((item) => item.textContent);

describe("NameInput", () => {
  it("adds by Enter without sending the form, by a comma, and when it is left", async () => {
    let sent = 0;
    render(<Regions onSubmit={() => (sent += 1)} />);
    const field = screen.getByLabelText("Regions");
    await userEvent.type(field, "eu{Enter}us,eu{Enter}local");
    expect(sent).toBe(0);
    await userEvent.tab();
    expect(shown()).toEqual(["eu", "us", "local"]);
  });

  it("takes names back by Backspace and by their buttons", async () => {
    render(<Regions />);
    await userEvent.type(
      screen.getByLabelText("Regions"),
      "eu{Enter}us{Enter}asia{Enter}{Backspace}",
    );
    expect(shown()).toEqual(["eu", "us"]);
    await userEvent.click(screen.getByRole("button", { name: "Remove eu" }));
    expect(shown()).toEqual(["us"]);
  });

  it("moves names where their order counts", async () => {
    render(<Regions ordered />);
    await userEvent.type(screen.getByLabelText("Regions"), "eu{Enter}us{Enter}");
    expect((screen.getByRole("button", { name: "Move eu up" }) as HTMLButtonElement).disabled).toBe(
      true,
    );
    await userEvent.click(screen.getByRole("button", { name: "Move us up" }));
    expect(shown()).toEqual(["1.us", "2.eu"]);
  });
});
