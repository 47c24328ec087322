import { fireEvent, render } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { setPreference } from "./preferences";
import {
  handleKey,
  type LocalKey,
  type Shortcut,
  useLocalKeySections,
  useLocalKeys,
  useShortcut,
  useShortcuts,
} from "./shortcuts";

const ran: string[] = [];

function Keys({ keys, everywhere }: { keys: string; everywhere?: boolean }) {
  const shortcut: Shortcut = {
    keys,
    label: keys,
    section: "Test",
    run: () => ran.push(keys),
    ...(everywhere ? { everywhere } : {}),
  };
  useShortcut(shortcut);
  return null;
}

function press(key: string, more: KeyboardEventInit = {}, on: Element | Window = window) {
  fireEvent.keyDown(on, { key, ...more });
}

beforeEach(() => {
  ran.length = 0;
  setPreference("letterShortcuts", true);
  window.addEventListener("keydown", handleKey);
});
afterEach(() => window.removeEventListener("keydown", handleKey));

describe("shortcuts", () => {
  it("runs a letter, a chord and a sign", () => {
    render([
      <Keys key="1" keys="c" />,
      <Keys key="2" keys="mod+k" />,
      <Keys key="3" keys="?" />,
      <Keys key="4" keys="shift+arrowdown" />,
    ]);
    press("c");
    press("k", { ctrlKey: true });
    press("?", { shiftKey: true });
    press("ArrowDown", { shiftKey: true });
    expect(ran).toEqual(["c", "mod+k", "?", "shift+arrowdown"]);
  });

  it("runs a sequence, and not its second key alone", () => {
    render(<Keys keys="g t" />);
    press("t");
    press("g");
    press("x");
    press("t");
    expect(ran).toEqual([]);
    press("g");
    press("t");
    expect(ran).toEqual(["g t"]);
  });

  it("is quiet in fields and in dialogs, unless it works everywhere", () => {
    const view = render(
      <>
        <Keys keys="c" />
        <Keys keys="mod+k" everywhere />
        <input aria-label="field" />
        <input type="checkbox" aria-label="box" />
      </>,
    );
    press("c", {}, view.getByLabelText("field"));
    press("k", { ctrlKey: true }, view.getByLabelText("field"));
    press("c", {}, view.getByLabelText("box"));
    expect(ran).toEqual(["mod+k", "c"]);
    view.rerender(
      <>
        <Keys keys="c" />
        <div role="dialog" data-state="open" />
      </>,
    );
    press("c");
    expect(ran).toEqual(["mod+k", "c"]);
  });

  it("keeps single letters off when the person switched them off", () => {
    setPreference("letterShortcuts", false);
    render([<Keys key="1" keys="c" />, <Keys key="2" keys="g t" />, <Keys key="3" keys="mod+k" />]);
    press("c");
    press("g");
    press("t");
    press("k", { ctrlKey: true });
    expect(ran).toEqual(["mod+k"]);
  });

  it("leaves other combinations and composing input alone", () => {
    render(<Keys keys="c" />);
    press("c", { ctrlKey: true });
    press("c", { altKey: true });
    press("c", { isComposing: true });
    press("c", { repeat: true });
    expect(ran).toEqual([]);
  });

  it("forgets a shortcut when its component leaves", () => {
    const view = render(<Keys keys="c" />);
    expect(useShortcuts.getState().size).toBe(1);
    view.unmount();
    expect(useShortcuts.getState().size).toBe(0);
    press("c");
    expect(ran).toEqual([]);
  });
});

describe("local keys", () => {
  const list: readonly LocalKey[] = [{ keys: "x", label: "Select" }];
  function List() {
    useLocalKeys("List", list);
    return null;
  }

  it("are told of while their list is there, and are never run from here", () => {
    const view = render(<List />);
    expect(useLocalKeySections.getState().get("List")).toEqual(list);
    const event = new KeyboardEvent("keydown", { key: "x", cancelable: true });
    window.dispatchEvent(event);
    expect(event.defaultPrevented).toBe(false);
    view.unmount();
    expect(useLocalKeySections.getState().has("List")).toBe(false);
  });
});
