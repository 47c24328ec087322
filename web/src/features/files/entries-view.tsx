import { useVirtualizer } from "@tanstack/react-virtual";
import {
  type DragEvent,
  type KeyboardEvent,
  useCallback,
  useEffect,
  useLayoutEffect,
  useMemo,
  useState,
} from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { TOUCH, useMedia } from "@/lib/media";
import { useLocalKeys } from "@/lib/shortcuts";
import { useFileActions } from "./actions";
import { BulkBar } from "./bulk-bar";
import { draggedEntries, startDrag } from "./dragging";
import { EntryCard, EntryRow } from "./entry-row";
import { type Entry, idOf, nameOf } from "./model";
import { stepOf } from "./selection";
import { useSelection } from "./use-selection";

const ROW_PX = 44;
const TOUCH_ROW_PX = 56;
const CARD_PX = 212;
const CARD_WIDTH_PX = 184;
const GAP_PX = 12;

const KEYS = [
  ["arrowdown", "next"],
  ["arrowup", "previous"],
  ["shift+arrowdown", "extend"],
  ["mod+a", "all"],
  ["enter", "open"],
  ["space", "select"],
  ["f2", "rename"],
  ["m", "move"],
  ["delete", "delete"],
  ["escape", "clear"],
] as const;

function useFileKeys(): void {
  const { t } = useTranslation("files");
  const keys = useMemo(
    () => KEYS.map(([key, name]) => ({ keys: key, label: t(`keys.${name}`) })),
    [t],
  );
  useLocalKeys(t("keys.heading"), keys);
}

/** How many cards stand beside each other. */
function useColumns(scroller: HTMLElement | null, grid: boolean): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    if (!scroller) return undefined;
    const watch = new ResizeObserver(() => setWidth(scroller.clientWidth));
    watch.observe(scroller);
    return () => watch.disconnect();
  }, [scroller]);
  return grid ? Math.max(2, Math.floor((width - 16) / (CARD_WIDTH_PX + GAP_PX))) : 1;
}

interface EntriesViewProps {
  label: string;
  entries: readonly Entry[];
  grid: boolean;
  trashed: boolean;
  scroller: HTMLElement | null;
  hasMore: boolean;
  onMore: () => void;
}

/** Folders and files, virtual, as a list or a grid, and worked by keyboard. */
export function EntriesView({
  label,
  entries,
  grid,
  trashed,
  scroller,
  hasMore,
  onMore,
}: EntriesViewProps) {
  const { t } = useTranslation("files");
  useFileKeys();
  const actions = useFileActions();
  const touch = useMedia(TOUCH);
  const columns = useColumns(scroller, grid);
  const selection = useSelection(entries);
  const { active, activeId, at, chosen, point } = selection;
  const lines = Math.ceil(entries.length / columns);
  const linePx = grid ? CARD_PX + GAP_PX : touch ? TOUCH_ROW_PX : ROW_PX;
  const estimateSize = useCallback(() => linePx, [linePx]);
  // oxlint-disable-next-line react/incompatible-library -- what it returns is used here only
  const rows = useVirtualizer({
    count: lines,
    getScrollElement: () => scroller,
    estimateSize,
    overscan: 6,
    scrollPaddingEnd: 72,
  });
  useEffect(() => {
    rows.measure();
  }, [rows, linePx, columns]);
  const visible = rows.getVirtualItems();
  const lastVisible = visible.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasMore && lastVisible >= lines - 10) onMore();
  }, [hasMore, lastVisible, lines, onMore]);

  const touched = chosen.length > 0 ? chosen : active ? [active] : [];
  const onKey: Record<string, () => void> = {
    Enter: () => active && !trashed && actions.open(active),
    " ": () => active && selection.select(active, "toggle"),
    x: () => active && selection.select(active, "toggle"),
    Escape: selection.clear,
    F2: () => active && !trashed && actions.ask({ kind: "rename", entry: active }),
    m: () => touched.length > 0 && !trashed && actions.ask({ kind: "move", entries: touched }),
    Delete: () => {
      if (touched.length === 0) return;
      if (trashed) actions.ask({ kind: "purge", entries: touched });
      else void actions.trash(touched);
    },
  };

  function onKeyDown(event: KeyboardEvent): void {
    if (event.target !== event.currentTarget) return;
    const command = event.metaKey || event.ctrlKey;
    if (event.altKey || (command && event.key !== "a")) return;
    const next = command ? undefined : stepOf(event.key, at, entries.length, columns);
    const entry = next === undefined ? undefined : entries[next];
    if (entry) {
      if (event.shiftKey) selection.extend(entry);
      point(idOf(entry));
      rows.scrollToIndex(Math.floor((next ?? 0) / columns), { align: "auto" });
    } else if (command) selection.selectAll();
    else if (event.key === "Escape" && chosen.length === 0) return;
    else if (onKey[event.key]) onKey[event.key]?.();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  const onDrag = useCallback(
    (entry: Entry, event: DragEvent) => {
      const together = chosen.some((each) => idOf(each) === idOf(entry));
      startDrag(together ? chosen : [entry], event);
    },
    [chosen],
  );
  const onDrop = useCallback(
    (folderId: string) => {
      const moved = draggedEntries().filter((entry) => idOf(entry) !== folderId);
      if (moved.length > 0) void actions.move(moved, folderId);
    },
    [actions],
  );
  const Part = grid ? EntryCard : EntryRow;
  return (
    <>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- keys of its rows */}
      <div
        role="group"
        aria-label={label}
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- one stop, arrows within
        tabIndex={0}
        onKeyDown={onKeyDown}
        onFocus={(event) => {
          const [first] = entries;
          if (event.target === event.currentTarget && !active && first) point(idOf(first));
        }}
        className="group/list relative rounded-sm outline-none"
        style={{ height: rows.getTotalSize() }}
      >
        {visible.map(({ index, key, start }) => (
          <div
            key={key}
            className="absolute inset-x-0 top-0 grid grid-rows-[minmax(0,1fr)]"
            style={{
              transform: `translateY(${start}px)`,
              height: grid ? CARD_PX : linePx,
              gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
              columnGap: GAP_PX,
            }}
          >
            {entries.slice(index * columns, (index + 1) * columns).map((entry) => (
              <Part
                key={idOf(entry)}
                entry={entry}
                active={idOf(entry) === activeId}
                selected={selection.selected.has(idOf(entry))}
                onSelect={selection.select}
                onDrag={onDrag}
                onDrop={onDrop}
              />
            ))}
          </div>
        ))}
      </div>
      <p className="sr-only" aria-live="polite">
        {active ? t("row.active", { name: nameOf(active) }) : ""}
      </p>
      {chosen.length > 0 && <BulkBar entries={chosen} trashed={trashed} onDone={selection.clear} />}
    </>
  );
}
