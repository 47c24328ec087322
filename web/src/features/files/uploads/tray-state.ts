import { create } from "zustand";

/** Whether anything was uploaded since the page was loaded: until then the shell needs no tray. */
export const useTrayWanted = create<{ wanted: boolean }>()(() => ({ wanted: false }));

export function wantTray(): void {
  useTrayWanted.setState({ wanted: true });
}
