import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, describe, expect, it } from "vitest";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuTrigger,
} from "./dropdown-menu";

/** As the app's own styles do: a menu that was closed is there until it has faded away. */
function fade(): void {
  const style = document.createElement("style");
  style.textContent = `[role=menu] { animation-name: pop-in }
    [role=menu][data-state=closed] { animation-name: pop-out }`;
  document.head.append(style);
}

afterEach(() => document.head.replaceChildren());

function show(): void {
  render(
    <>
      <DropdownMenu>
        <DropdownMenuTrigger>New</DropdownMenuTrigger>
        <DropdownMenuContent>
          <DropdownMenuItem>Note</DropdownMenuItem>
        </DropdownMenuContent>
      </DropdownMenu>
      <p>Elsewhere</p>
    </>,
  );
}

const trigger = () => screen.getByText("New");
const menu = () => screen.queryByRole("menu", { hidden: true });

describe("DropdownMenu", () => {
  it("opens again while it still fades away", async () => {
    fade();
    show();
    await userEvent.click(trigger());
    await userEvent.click(screen.getByRole("menuitem", { name: "Note" }));
    expect(menu()?.dataset.state).toBe("closed");
    await userEvent.click(trigger());
    expect(menu()?.dataset.state).toBe("open");
  });

  it("is closed by its trigger, and by a click beside it", async () => {
    show();
    await userEvent.click(trigger());
    await userEvent.click(trigger());
    expect(menu()).toBeNull();
    await userEvent.click(trigger());
    expect(menu()?.dataset.state).toBe("open");
    await userEvent.click(screen.getByText("Elsewhere"));
    expect(menu()).toBeNull();
  });
});
