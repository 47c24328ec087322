import type { ChangesetItem, ItemEdit } from "./model";

/** A proposed change as its fields hold it. */
export interface ItemDraft {
  title: string;
  notes: string;
  status: string;
  priority: string;
  /** A day, or a moment as `datetime-local` has it; empty for neither. */
  due: string;
  labels: readonly string[];
  project: string | null;
  place: string;
  /** Of an event: a day, or a moment as `datetime-local` has it. */
  starts: string;
  ends: string;
  /** Of a note. */
  text: string;
}

export type ItemField = keyof ItemDraft;

const text = (value: unknown): string => (typeof value === "string" ? value : "");
const two = (part: number): string => String(part).padStart(2, "0");

/** A moment by the reader's clock, as a field for it has it. */
export function localMoment(iso: string): string {
  const at = new Date(iso);
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

const NAMES: Record<ItemField, readonly string[]> = {
  title: ["title"],
  notes: ["notes"],
  status: ["status"],
  priority: ["priority"],
  due: ["due_on", "due_at"],
  labels: ["labels"],
  project: ["project_id"],
  place: ["place"],
  starts: ["starts_on", "starts_at"],
  ends: ["ends_on", "ends_at"],
  text: ["text"],
};
const OF_KIND: Record<ChangesetItem["kind"], readonly ItemField[]> = {
  task: ["title", "notes", "status", "priority", "due", "labels", "project"],
  event: ["title", "starts", "ends", "place", "notes"],
  note: ["text"],
};

/** What of a proposal may be put in other words: all of a new task, else what it changes. */
export function editable({ kind, operation, after, before }: ChangesetItem): ItemField[] {
  if (!after || (operation !== "create" && operation !== "update")) return [];
  const isBelow = Boolean(after.parent_id ?? before?.parent_id);
  return OF_KIND[kind].filter((field) => {
    if (field === "project" && isBelow) return false;
    return operation === "create" || NAMES[field].some((name) => name in after);
  });
}

const whenOf = (moment: unknown, day: unknown): string =>
  text(moment) ? localMoment(text(moment)) : text(day);

export function draftOf({ after }: ChangesetItem): ItemDraft {
  const fields = after ?? {};
  const moment = text(fields.due_at);
  return {
    title: text(fields.title),
    notes: text(fields.notes),
    status: text(fields.status) || "todo",
    priority: String(fields.priority ?? 4),
    due: moment ? localMoment(moment) : text(fields.due_on),
    labels: Array.isArray(fields.labels) ? fields.labels.map(String) : [],
    project: text(fields.project_id) || null,
    place: text(fields.place),
    starts: whenOf(fields.starts_at, fields.starts_on),
    text: text(fields.text),
    ends: whenOf(fields.ends_at, fields.ends_on),
  };
}

/** Only what was changed, as the server takes it. */
export function editOf(item: ChangesetItem, draft: ItemDraft): ItemEdit {
  const old = draftOf(item);
  const has = (field: ItemField) => JSON.stringify(old[field]) !== JSON.stringify(draft[field]);
  const edit: Record<string, unknown> = {};
  if (has("title")) edit.title = draft.title.trim();
  if (has("notes")) edit.notes = draft.notes;
  if (has("status")) edit.status = draft.status;
  if (has("priority")) edit.priority = Number(draft.priority);
  if (has("labels")) edit.labels = draft.labels;
  if (has("project")) edit.project_id = draft.project;
  if (has("text")) edit.text = draft.text;
  if (has("place")) edit.place = draft.place.trim();
  if (has("starts")) Object.assign(edit, partOf("starts", draft.starts));
  if (has("ends")) Object.assign(edit, partOf("ends", draft.ends));
  if (has("due")) Object.assign(edit, dueOf(draft.due));
  return edit as ItemEdit;
}

function partOf(part: "starts" | "ends", when: string): Record<string, string> {
  if (!when) return {};
  return when.includes("T")
    ? { [`${part}_at`]: new Date(when).toISOString() }
    : { [`${part}_on`]: when };
}

function dueOf(due: string): { due_on?: string | null; due_at?: string | null } {
  if (!due) return { due_on: null, due_at: null };
  return due.includes("T") ? { due_at: new Date(due).toISOString() } : { due_on: due };
}
