import { afterEach } from "vitest";

/** As the app's own styles do: a menu that was closed is there until it has faded away. */
export function fade(): void {
  const style = document.createElement("style");
  style.textContent = `[role=menu] { animation-name: pop-in }
    [role=menu][data-state=closed] { animation-name: pop-out }`;
  document.head.append(style);
}

afterEach(() => document.head.replaceChildren());
