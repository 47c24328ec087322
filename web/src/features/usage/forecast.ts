import type { components } from "@/lib/api/schema";

export type Budget = components["schemas"]["BudgetShape"];

export type Forecast =
  | { kind: "off" | "gone" | "idle" | "years" }
  /** The period ends before the budget does. */
  | { kind: "lasts"; at: string }
  | { kind: "ends"; at: string };

const HOUR_MS = 3_600_000;
const FAR_HOURS = 2 * 365 * 24;

type Known = Pick<
  Budget,
  "enabled" | "cap" | "spent" | "in_doubt" | "spent_per_hour" | "resets_at"
>;

/** How long a budget lasts when it goes on as it did in this period. */
export function forecast(budget: Known, now: number = Date.now()): Forecast {
  if (!budget.enabled) return { kind: "off" };
  // What is held for calls is not spent yet, and most of it comes back.
  const unspent = budget.cap - budget.spent - budget.in_doubt;
  if (unspent <= 0) return { kind: "gone" };
  if (budget.spent_per_hour <= 0) return { kind: "idle" };
  const hours = unspent / budget.spent_per_hour;
  const resets = budget.resets_at;
  if (resets && now + hours * HOUR_MS >= Date.parse(resets)) return { kind: "lasts", at: resets };
  if (hours > FAR_HOURS) return { kind: "years" };
  return { kind: "ends", at: new Date(now + hours * HOUR_MS).toISOString() };
}

/** “Nov 30”; with the year when it is another, with the time when it is within two days. */
export function moment(iso: string, now: number = Date.now()): string {
  const date = new Date(iso);
  const near = Math.abs(date.getTime() - now) < 48 * HOUR_MS;
  const sameYear = date.getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat("en", {
    month: "short",
    day: "numeric",
    ...(sameYear ? {} : { year: "numeric" }),
    ...(near ? { hour: "numeric", minute: "2-digit" } : {}),
  }).format(date);
}
