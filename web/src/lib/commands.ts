import type { LucideIcon } from "lucide-react";
import { useEffect } from "react";
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

/** Adds commands for good; the answer takes them away again. */
export function addCommands(commands: Command[]): () => void {
  const next = new Map(useCommandMap.getState());
  for (const command of commands) next.set(command.id, command);
  useCommandMap.setState(next, true);
  return () => {
    const rest = new Map(useCommandMap.getState());
    for (const command of commands) {
      if (rest.get(command.id) === command) rest.delete(command.id);
    }
    useCommandMap.setState(rest, true);
  };
}

/** Adds commands while the component is mounted. Memoise the list (`useMemo`). */
export function useCommands(commands: Command[]): void {
  useEffect(() => addCommands(commands), [commands]);
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
