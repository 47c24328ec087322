import type { LucideIcon } from "lucide-react";
import { useEffect, useRef } from "react";
import { create } from "zustand";

export interface Command {
  /** Unique, e.g. `"tasks.new"`. Registering the same id again replaces the command. */
  id: string;
  /** Already translated. */
  title: string;
  /** The heading in the palette, already translated. */
  section: string;
  icon?: LucideIcon;
  /** More words that find it. */
  keywords?: string[];
  /** Shown at the right; register the key itself with `useShortcut`. */
  keys?: string;
  run: () => void;
}

/** All commands by id. The palette reads it. */
export const useCommandMap = create<Map<string, Command>>()(() => new Map());

/** Puts some commands in the place of others; those that stay keep their place in the palette. */
function replace(before: readonly Command[], after: readonly Command[]): void {
  const next = new Map(useCommandMap.getState());
  const staying = new Set(after.map((command) => command.id));
  for (const command of before) {
    if (!staying.has(command.id) && next.get(command.id) === command) next.delete(command.id);
  }
  for (const command of after) next.set(command.id, command);
  useCommandMap.setState(next, true);
}

/** Adds commands for good; the answer takes them away again. */
export function addCommands(commands: Command[]): () => void {
  replace([], commands);
  return () => replace(commands, []);
}

/** Adds commands while the component is mounted. Memoise the list (`useMemo`). */
export function useCommands(commands: Command[]): void {
  const own = useRef<Command[]>([]);
  useEffect(() => {
    replace(own.current, commands);
    own.current = commands;
  }, [commands]);
  useEffect(() => () => replace(own.current, []), []);
}

interface PaletteState {
  open: boolean;
}

export const usePalette = create<PaletteState>()(() => ({ open: false }));

export function openPalette(): void {
  usePalette.setState({ open: true });
}

export function closePalette(): void {
  usePalette.setState({ open: false });
}
