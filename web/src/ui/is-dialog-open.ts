import { useSyncExternalStore } from "react";

/**
 * Whether a dialog has the keyboard. What takes the focus from it by itself does harm: the dialog
 * takes it back and marks its field, and the next letter replaces what was typed.
 */
export function isDialogOpen(): boolean {
  return document.querySelector("[role=dialog][data-state=open]") !== null;
}

/** Dialogs lie right below the body, so nothing of the page itself has to be watched. */
function watch(changed: () => void): () => void {
  const observer = new MutationObserver(changed);
  observer.observe(document.body, { childList: true });
  return () => observer.disconnect();
}

/** The same, and told anew with each dialog that comes or goes. */
export function useDialogOpen(): boolean {
  return useSyncExternalStore(watch, isDialogOpen);
}
