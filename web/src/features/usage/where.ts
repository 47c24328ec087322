import { dollars } from "../chat/numbers";
import type { Counts } from "./model";

/** Rows that are shown; there may be a run for every call. */
export const MOST_ROWS = 50;

const LEAST = 0.00001;

/** What a group cost, short enough for a phone; null where nobody knows any of it. */
export function costOf(row: Pick<Counts, "cost_usd" | "unpriced">): string | null {
  const { cost_usd, unpriced } = row;
  if (unpriced > 0 && cost_usd === 0) return null;
  const cost = cost_usd > 0 && cost_usd < LEAST ? `<$${LEAST.toFixed(5)}` : dollars(cost_usd);
  return unpriced > 0 ? `≥ ${cost}` : cost;
}
