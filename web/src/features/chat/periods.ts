import type { Conversation } from "./model";

export const PERIODS = ["today", "yesterday", "week", "older"] as const;
export type Period = (typeof PERIODS)[number];

const DAY_MS = 86_400_000;

/** When something was, in the words of a list. Days are those of the reader's own clock. */
export function periodOf(at: string, now: Date): Period {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  const time = new Date(at).getTime();
  if (time >= midnight) return "today";
  if (time >= midnight - DAY_MS) return "yesterday";
  return time >= midnight - 7 * DAY_MS ? "week" : "older";
}

export function byPeriod(
  all: readonly Conversation[],
  now = new Date(),
): [Period, Conversation[]][] {
  return PERIODS.map((period): [Period, Conversation[]] => [
    period,
    all.filter((one) => periodOf(one.last_message_at, now) === period),
  ]).filter(([, some]) => some.length > 0);
}
