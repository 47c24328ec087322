import { create } from "zustand";
import { storage } from "./storage";

export type ThemeChoice = "system" | "light" | "dark";

const system = window.matchMedia("(prefers-color-scheme: dark)");

function stored(): ThemeChoice {
  const value = storage.get("theme");
  return value === "light" || value === "dark" ? value : "system";
}

interface ThemeState {
  choice: ThemeChoice;
  dark: boolean;
}

function resolve(choice: ThemeChoice): ThemeState {
  return { choice, dark: choice === "dark" || (choice === "system" && system.matches) };
}

/** The theme in use. `public/theme.js` paints it before this module loads. */
export const useTheme = create<ThemeState>()(() => resolve(stored()));

function apply(): void {
  document.documentElement.dataset.theme = useTheme.getState().dark ? "dark" : "light";
}

export function chooseTheme(choice: ThemeChoice): void {
  storage.set("theme", choice === "system" ? null : choice);
  useTheme.setState(resolve(choice));
  apply();
}

/** Follows the system's theme while it is the choice. `main.tsx` calls it once. */
export function followSystemTheme(): void {
  system.addEventListener("change", () => {
    useTheme.setState(resolve(useTheme.getState().choice));
    apply();
  });
}
