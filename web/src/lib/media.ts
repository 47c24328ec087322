import { useSyncExternalStore } from "react";

/** Follows a media query: `useMedia("(min-width: 1280px)")`. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (changed) => {
      const list = window.matchMedia(query);
      list.addEventListener("change", changed);
      return () => list.removeEventListener("change", changed);
    },
    () => window.matchMedia(query).matches,
  );
}

/** From here the chat pane stands beside the page. */
export const WIDE = "(min-width: 1280px)";

/** Below here the navigation is a bar at the bottom. */
export const PHONE = "(max-width: 767.98px)";

/** A finger rather than a pointer: rows are 44 px high, nothing hides behind hovering. */
export const TOUCH = "(pointer: coarse)";
