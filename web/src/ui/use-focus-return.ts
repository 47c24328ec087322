import { useRef } from "react";

export interface FocusReturn {
  onOpenAutoFocus: (event: Event) => void;
  onCloseAutoFocus: (event: Event) => void;
}

/** The element itself, or the trigger of the menu that it is in: an item goes with its menu. */
function lasting(element: Element | null): Element | null {
  const name = element?.closest("[role=menu]")?.getAttribute("aria-labelledby");
  const trigger = name ? document.getElementById(name) : null;
  return trigger ? lasting(trigger) : element;
}

/** Gives the keyboard back to where it was. Radix does so only for a trigger of its own. */
export function useFocusReturn(onOpen: (event: Event) => void): FocusReturn {
  const before = useRef<Element | null>(null);
  const row = useRef<Element | null>(null);
  return {
    onOpenAutoFocus: (event) => {
      before.current = lasting(document.activeElement);
      row.current = before.current?.closest("li") ?? null;
      onOpen(event);
    },
    onCloseAutoFocus: (event) => {
      // What was opened from may go with what was done; its row then has something else.
      const target = before.current?.isConnected
        ? before.current
        : row.current?.querySelector("button, a[href]");
      if (!(target instanceof HTMLElement) || !target.isConnected) return;
      event.preventDefault();
      target.focus();
    },
  };
}
