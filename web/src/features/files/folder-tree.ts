import { type Entry, type Folder, idOf } from "./model";

export interface Place {
  /** Null is the top. */
  id: string | null;
  name: string;
  depth: number;
}

const byName = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Where entries can move to, as a tree in lines; no folder goes into itself. */
export function placesFor(
  folders: readonly Folder[],
  moved: readonly Entry[],
  words: string,
  top: string,
): Place[] {
  const own = new Set(moved.filter(({ kind }) => kind === "folder").map(idOf));
  const below = new Map<string | null, Folder[]>();
  for (const folder of folders) {
    const parent = folder.parent_id ?? null;
    below.set(parent, [...(below.get(parent) ?? []), folder]);
  }
  const lines: Place[] = [{ id: null, name: top, depth: 0 }];
  const walk = (parent: string | null, depth: number) => {
    const all = (below.get(parent) ?? []).toSorted((a, b) => byName.compare(a.name, b.name));
    for (const folder of all) {
      if (own.has(folder.id)) continue;
      lines.push({ id: folder.id, name: folder.name, depth });
      walk(folder.id, depth + 1);
    }
  };
  walk(null, 1);
  const wanted = words.trim().toLocaleLowerCase();
  if (!wanted) return lines;
  return lines
    .filter(({ name }) => name.toLocaleLowerCase().includes(wanted))
    .map((place) => ({ ...place, depth: 0 }));
}
