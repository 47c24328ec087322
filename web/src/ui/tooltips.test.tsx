import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { Plus } from "lucide-react";
import { describe, expect, it } from "vitest";
import { IconButton } from "./icon-button";
import { placeTip, Tooltips } from "./tooltips";

describe("Tooltips", () => {
  it("tell the label and the shortcut of what has the keyboard, until a key is pressed", async () => {
    render(
      <>
        <IconButton icon={Plus} label="New task" keys="q" />
        <button type="button">plain</button>
        <Tooltips />
      </>,
    );
    expect(screen.queryByRole("tooltip")).toBeNull();
    await userEvent.tab();
    expect(screen.getByRole("tooltip").textContent).toBe("New taskQ");
    const button = screen.getByRole("button", { name: "New task" });
    expect(button.getAttribute("aria-describedby")).toBe(screen.getByRole("tooltip").id);
    await userEvent.keyboard("{Escape}");
    expect(screen.queryByRole("tooltip")).toBeNull();
    expect(button.hasAttribute("aria-describedby")).toBe(false);
    await userEvent.tab();
    expect(screen.queryByRole("tooltip")).toBeNull();
  });
});

describe("placeTip", () => {
  const size = { width: 100, height: 24 };
  const room = { width: 400, height: 300 };
  const at = (left: number, top: number) => ({ left, top, width: 32, height: 32 });

  it.each([
    ["below the middle", at(200, 100), "bottom", { left: 166, top: 138 }],
    ["above", at(200, 100), "top", { left: 166, top: 70 }],
    ["at the right", at(200, 100), "right", { left: 238, top: 104 }],
    ["at the left", at(200, 100), "left", { left: 94, top: 104 }],
    ["above where nothing is below", at(200, 260), "bottom", { left: 166, top: 230 }],
    ["below where nothing is above", at(200, 10), "top", { left: 166, top: 48 }],
    ["at the left where nothing is right", at(360, 100), "right", { left: 254, top: 104 }],
    ["within the left edge", at(0, 100), "bottom", { left: 8, top: 138 }],
    ["within the right edge", at(368, 100), "bottom", { left: 292, top: 138 }],
  ])("puts it %s", (_name, of, side, place) => {
    expect(placeTip(of, size, room, side)).toEqual(place);
  });
});
