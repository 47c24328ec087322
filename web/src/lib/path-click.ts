import { useRouter } from "@tanstack/react-router";
import type { MouseEvent } from "react";

/** Opens a path in the app, whichever page it belongs to; with a modifier the browser opens it. */
export function usePathClick() {
  const router = useRouter();
  return (event: MouseEvent<HTMLAnchorElement>) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    router.history.push(event.currentTarget.getAttribute("href") ?? "/");
  };
}
