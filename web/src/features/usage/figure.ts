import { compact, dollars, whole } from "../chat/numbers";
import type { Budget } from "./forecast";

const EXACT_BELOW = 100_000;

/** Short enough to read, and exact as long as single tokens or requests can be made out. */
export function figureOf(unit: Budget["unit"], value: number): string {
  if (unit === "usd") return dollars(value);
  return value < EXACT_BELOW ? whole(value) : compact(value);
}
