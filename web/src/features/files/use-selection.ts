import { useCallback, useMemo, useState } from "react";
import { type Entry, idOf } from "./model";
import { rangeOf } from "./selection";

const NONE: readonly Entry[] = [];

/** Which entry the keyboard points at, and which are selected. */
export function useSelection(entries: readonly Entry[]) {
  const [cursor, setCursor] = useState<{ id: string; at: number } | null>(null);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const placeById = useMemo(() => new Map(entries.map((entry, i) => [idOf(entry), i])), [entries]);
  // What was deleted under the cursor leaves it to the next one.
  const at = cursor ? (placeById.get(cursor.id) ?? Math.min(cursor.at, entries.length - 1)) : -1;
  const active = entries[at];
  const activeId = active && idOf(active);
  // What is no longer listed can't stay selected.
  const chosen = useMemo(
    () => (selected.size === 0 ? NONE : entries.filter((entry) => selected.has(idOf(entry)))),
    [entries, selected],
  );

  const point = useCallback(
    (id: string) => setCursor({ id, at: placeById.get(id) ?? -1 }),
    [placeById],
  );
  const select = useCallback(
    (entry: Entry, how: "only" | "toggle" | "range") => {
      const id = idOf(entry);
      setSelected((before) => {
        if (how === "only") return new Set([id]);
        if (how === "range" && activeId) {
          return new Set([...before, ...rangeOf(entries, activeId, id)]);
        }
        const next = new Set(before);
        if (!next.delete(id)) next.add(id);
        return next;
      });
      point(id);
    },
    [entries, activeId, point],
  );
  const clear = useCallback(() => setSelected(new Set()), []);
  const selectAll = useCallback(() => setSelected(new Set(entries.map(idOf))), [entries]);
  const extend = useCallback(
    (to: Entry) => {
      setSelected((before) => new Set([...before, ...(activeId ? [activeId] : []), idOf(to)]));
    },
    [activeId],
  );
  return { at, active, activeId, selected, chosen, point, select, clear, selectAll, extend };
}
