import { create } from "zustand";
import { storage } from "./storage";

interface Preferences {
  /** Shortcuts of a single letter can be switched off (WCAG 2.1.4). */
  letterShortcuts: boolean;
  /** Whether the chat pane stands beside the page on wide screens. */
  chatPane: boolean;
}

const DEFAULTS: Preferences = { letterShortcuts: true, chatPane: true };

function read(): Preferences {
  try {
    const stored: unknown = JSON.parse(storage.get("preferences") ?? "{}");
    return typeof stored === "object" ? { ...DEFAULTS, ...stored } : DEFAULTS;
  } catch {
    return DEFAULTS;
  }
}

/** Choices of this browser. What should follow a person to other devices belongs to their profile. */
export const usePreferences = create<Preferences>()(read);

export function setPreference<K extends keyof Preferences>(key: K, value: Preferences[K]): void {
  usePreferences.setState({ [key]: value } as Pick<Preferences, K>);
  storage.set("preferences", JSON.stringify(usePreferences.getState()));
}
