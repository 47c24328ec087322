/**
 * Whether a dialog has the keyboard. What takes the focus from it by itself does harm: the dialog
 * takes it back and marks its field, and the next letter replaces what was typed.
 */
export function isDialogOpen(): boolean {
  return document.querySelector("[role=dialog][data-state=open]") !== null;
}
