import { type Entry, idOf, nameOf } from "./model";

const STEPS: Readonly<Record<string, (columns: number) => number>> = {
  ArrowDown: (columns) => columns,
  j: (columns) => columns,
  ArrowUp: (columns) => -columns,
  k: (columns) => -columns,
};
const SIDEWAYS: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowLeft: -1 };

/** Where a key leads from entry `at` (-1: from none) of so many; undefined for other keys. */
export function stepOf(
  key: string,
  at: number,
  count: number,
  columns: number,
): number | undefined {
  if (count === 0) return undefined;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  const by = STEPS[key]?.(columns) ?? (columns > 1 ? SIDEWAYS[key] : undefined);
  if (by === undefined) return undefined;
  if (at < 0) return 0;
  const next = at + by;
  // A row that is not there is no reason to go to its end.
  return next < 0 || (next >= count && Math.abs(by) > 1) ? at : Math.min(count - 1, next);
}

/** The ids from one entry to another, both included. */
export function rangeOf(entries: readonly Entry[], from: string, to: string): string[] {
  const ids = entries.map(idOf);
  const [a, b] = [ids.indexOf(from), ids.indexOf(to)];
  if (a < 0 || b < 0) return b < 0 ? [] : [to];
  return ids.slice(Math.min(a, b), Math.max(a, b) + 1);
}

const byName = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

const compare = (a: Entry, b: Entry) => byName.compare(nameOf(a), nameOf(b));

/** Folders first, by name as people count; files as the server sorted them, or by name. */
export function arranged(
  entries: readonly Entry[],
  sort: "name" | "updated" | "created" | "size",
  order: "asc" | "desc",
): Entry[] {
  const way = order === "asc" ? 1 : -1;
  const folders = entries.filter(({ kind }) => kind === "folder");
  const files = entries.filter(({ kind }) => kind === "file");
  folders.sort((a, b) => compare(a, b) * (sort === "name" ? way : 1));
  if (sort === "name") files.sort((a, b) => compare(a, b) * way);
  return [...folders, ...files];
}
