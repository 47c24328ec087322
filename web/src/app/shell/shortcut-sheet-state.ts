import { create } from "zustand";

export const useShortcutSheet = create<{ open: boolean }>()(() => ({ open: false }));

export function openShortcutSheet(): void {
  useShortcutSheet.setState({ open: true });
}
