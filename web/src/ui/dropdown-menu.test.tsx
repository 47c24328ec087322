import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";
import { fade } from "@/test-fading";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuTrigger,
} from "./dropdown-menu";

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
