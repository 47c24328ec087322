import { useRef } from "react";

export interface FocusReturn {
  onOpenAutoFocus: (event: Event) => void;
  onCloseAutoFocus: (event: Event) => void;
}

/** Gives the keyboard back to where it was. Radix does so only for a trigger of its own. */
export function useFocusReturn(onOpen: (event: Event) => void): FocusReturn {
  const before = useRef<Element | null>(null);
  return {
    onOpenAutoFocus: (event) => {
      before.current = document.activeElement;
      onOpen(event);
    },
    onCloseAutoFocus: (event) => {
      const target = before.current;
      if (!(target instanceof HTMLElement) || !target.isConnected) return;
      event.preventDefault();
      target.focus();
    },
  };
}
