let wanted = false;

/** Focuses the line for new tasks; without one on this page the next that appears takes the focus. */
export function focusQuickAdd(): boolean {
  const field = document.querySelector<HTMLInputElement>("[data-quick-add]");
  field?.focus();
  wanted = field === null;
  return field !== null;
}

/** Asked by the line as it appears: is somebody waiting for it? */
export function takeQuickAddWish(): boolean {
  const was = wanted;
  wanted = false;
  return was;
}
