import { useState } from "react";

/** True from the first time on: for what is fetched when first wanted and kept from then on. */
export function useOnceTrue(now: boolean): boolean {
  const [ever, setEver] = useState(now);
  if (now && !ever) setEver(true);
  return ever;
}
