import type { DragEvent } from "react";
import type { Entry } from "./model";

const TYPE = "application/x-vectal-entries";
let dragged: readonly Entry[] = [];

/** Begins to drag entries of ours; what they are stays in this tab. */
export function startDrag(entries: readonly Entry[], event: DragEvent): void {
  dragged = entries;
  event.dataTransfer.setData(TYPE, String(entries.length));
  event.dataTransfer.effectAllowed = "move";
}

export function dropsOn(event: DragEvent): boolean {
  return event.dataTransfer.types.includes(TYPE);
}

/** What was dropped, once; null for what is not ours. */
export function takeDrag(event: DragEvent): readonly Entry[] | null {
  return dropsOn(event) ? dragged : null;
}

export function draggedEntries(): readonly Entry[] {
  return dragged;
}

/** Whether files of the machine are dragged over the page. */
export function bringsFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes("Files") ?? false;
}
