import { useEffect, useEffectEvent } from "react";
import { create } from "zustand";
import { pressed } from "./keys";
import { usePreferences } from "./preferences";

export interface Shortcut {
  /** `"c"`, `"g t"` (one after the other), `"mod+k"`, `"shift+arrowdown"`, `"?"`. */
  keys: string;
  /** What it does, already translated; the `?` sheet shows it. */
  label: string;
  /** The heading it stands under in the `?` sheet, already translated. */
  section: string;
  run: (event: KeyboardEvent) => void;
  /** Also while a dialog is open or a field has the focus. */
  everywhere?: boolean;
}

/** Shortcuts by id, in the order of registration. The last one registered for a key wins. */
export const useShortcuts = create<Map<string, Shortcut>>()(() => new Map());

const SEQUENCE_MS = 900;
let sequence: { first: string; at: number } | null = null;

function change(edit: (map: Map<string, Shortcut>) => void): void {
  const next = new Map(useShortcuts.getState());
  edit(next);
  useShortcuts.setState(next, true);
}

function inField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    target.matches("input:not([type=checkbox]):not([type=radio]), textarea, select")
  );
}

function inDialog(): boolean {
  return document.querySelector('[role="dialog"][data-state="open"], [role="menu"]') !== null;
}

function find(keys: string): Shortcut | undefined {
  return [...useShortcuts.getState().values()].findLast((s) => s.keys.toLowerCase() === keys);
}

function startsSequence(key: string): boolean {
  return [...useShortcuts.getState().values()].some((s) => s.keys.startsWith(`${key} `));
}

function allowed(shortcut: Shortcut, event: KeyboardEvent): boolean {
  if (shortcut.everywhere) return true;
  if (inDialog() || inField(event.target)) return false;
  const plain = !/mod|alt/.test(shortcut.keys);
  return !plain || usePreferences.getState().letterShortcuts || /^(escape|\?)$/.test(shortcut.keys);
}

/** The one listener of the app. Exported for tests; `app/shell` mounts it. */
export function handleKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || event.repeat) return;
  const key = pressed(event);
  const now = event.timeStamp;
  const first = sequence && now - sequence.at < SEQUENCE_MS ? sequence.first : null;
  sequence = null;
  const shortcut = (first ? find(`${first} ${key}`) : undefined) ?? find(key);
  if (shortcut && allowed(shortcut, event)) {
    event.preventDefault();
    shortcut.run(event);
    return;
  }
  if (startsSequence(key) && !inField(event.target)) sequence = { first: key, at: now };
}

/**
 * Registers a shortcut while the component is mounted.
 *
 * `useShortcut({ keys: "c", label: t("new"), section: t("title"), run: open })`
 */
export function useShortcut(shortcut: Shortcut | null): void {
  const run = useEffectEvent((event: KeyboardEvent) => shortcut?.run(event));
  const { keys, label, section, everywhere } = shortcut ?? {};
  useEffect(() => {
    if (!keys || !label || !section) return;
    const id = `${section}:${keys}`;
    change((map) => {
      map.delete(id);
      map.set(id, {
        keys,
        label,
        section,
        run: (event) => run(event),
        ...(everywhere ? { everywhere } : {}),
      });
    });
    return () => change((map) => map.delete(id));
  }, [keys, label, section, everywhere]);
}

/** A key that a list or a board answers itself while it has the keyboard. */
export type LocalKey = Pick<Shortcut, "keys" | "label">;

/** Local keys by section, of what is mounted: the `?` sheet tells of them, nobody here runs them. */
export const useLocalKeySections = create<Map<string, readonly LocalKey[]>>()(() => new Map());

/** Tells the `?` sheet of local keys while the component is mounted. Memoise the list. */
export function useLocalKeys(section: string, keys: readonly LocalKey[]): void {
  useEffect(() => {
    useLocalKeySections.setState((all) => new Map(all).set(section, keys), true);
    return () => {
      // Another list may have taken the section meanwhile.
      const all = new Map(useLocalKeySections.getState());
      if (all.get(section) === keys && all.delete(section)) useLocalKeySections.setState(all, true);
    };
  }, [section, keys]);
}
