import { type ComponentType, type LazyExoticComponent, lazy } from "react";

/** How long to wait before each further try, while the browser believes it is online. */
const PAUSES_MS = [500, 1_000, 2_000, 4_000, 8_000];

function nextChance(pauseMs: number): Promise<void> {
  return new Promise((resolve) => {
    if (navigator.onLine) setTimeout(resolve, pauseMs);
    else window.addEventListener("online", () => resolve(), { once: true });
  });
}

/** Fetches a part of the app again and again, as long as the network is away. */
export async function insist<Part>(
  load: () => Promise<Part>,
  [pauseMs, ...later] = PAUSES_MS,
): Promise<Part> {
  if (pauseMs === undefined) return load();
  try {
    return await load();
  } catch {
    // The last try says what is wrong.
    await nextChance(pauseMs);
  }
  return insist(load, later);
}

/**
 * A component that is fetched when it is first shown. React's own `lazy` keeps a failure for ever:
 * a network that drops at the wrong moment would cost the whole page.
 */
// oxlint-disable-next-line typescript/no-explicit-any -- the bound that React itself has
export function lazyPart<Name extends string, Part extends ComponentType<any>>(
  load: () => Promise<Record<Name, Part>>,
  name: Name,
): LazyExoticComponent<Part> {
  return lazy(async () => ({ default: (await insist(load))[name] }));
}
