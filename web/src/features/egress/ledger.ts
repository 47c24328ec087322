import type { components } from "@/lib/api/schema";
import type { Tone } from "@/ui/badge";

export type Entry = components["schemas"]["EgressShape"];
export type Sum = components["schemas"]["EgressSumShape"];

/** Which entries are wanted; it is the query of the list and its key in the cache. */
export interface EgressFilter {
  host?: string;
  outcome?: string;
  user_id?: string;
}

export const OUTCOMES = ["ok", "refused", "timeout", "cancelled", "open", "lost"] as const;
export type Outcome = (typeof OUTCOMES)[number] | "failed";

/** How a request ended, in one word: what stands before the colon, or that it failed. */
export function outcomeOf(entry: Pick<Entry, "outcome">): Outcome {
  const head = entry.outcome.split(":", 1)[0];
  return OUTCOMES.find((known) => known === head) ?? "failed";
}

const TONES = {
  ok: "ok",
  refused: "warn",
  timeout: "danger",
  cancelled: "neutral",
  open: "neutral",
  lost: "danger",
  failed: "danger",
} as const satisfies Record<Outcome, Tone>;

const REFUSALS = 400;

/** How an entry looks: an answer that is a refusal or a fault is nothing to be green about. */
export function toneOf(entry: Pick<Entry, "outcome" | "status">): Tone {
  const outcome = outcomeOf(entry);
  const isRefusal = entry.status !== null && entry.status >= REFUSALS;
  return outcome === "ok" && isRefusal ? "neutral" : TONES[outcome];
}

export type Measure = "requests" | "bytes_out";

/** The sums of all hosts by day. */
export function byDay(sums: readonly Sum[], measure: Measure): Map<string, number> {
  const days = new Map<string, number>();
  for (const sum of sums) days.set(sum.day, (days.get(sum.day) ?? 0) + sum[measure]);
  return days;
}

export type HostSum = Omit<Sum, "day">;

/** The sums of all days by host; the one that was sent the most comes first. */
export function byHost(sums: readonly Sum[]): HostSum[] {
  const hosts = new Map<string, HostSum>();
  for (const { host, requests, failed, refused, bytes_out, bytes_in } of sums) {
    const so = hosts.get(host);
    hosts.set(host, {
      host,
      requests: (so?.requests ?? 0) + requests,
      failed: (so?.failed ?? 0) + failed,
      refused: (so?.refused ?? 0) + refused,
      bytes_out: (so?.bytes_out ?? 0) + bytes_out,
      bytes_in: (so?.bytes_in ?? 0) + bytes_in,
    });
  }
  return [...hosts.values()].toSorted(
    (a, b) => b.bytes_out - a.bytes_out || b.requests - a.requests || a.host.localeCompare(b.host),
  );
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** 1,234 -> "1.2 kB"; in thousands, as disks and networks count. */
export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.5 ? 0 : 1;
  return `${Number(value.toFixed(digits))} ${UNITS[unit]}`;
}

const DAY_MS = 86_400_000;

/** The last days, both ends counted in, as the calendar of a time zone has them. */
export function lastDays(count: number, timezone: string, now = Date.now()) {
  // Swedish dates are written as ISO has them.
  const to = new Intl.DateTimeFormat("sv", { timeZone: timezone }).format(new Date(now));
  const from = new Date(Date.parse(to) - (count - 1) * DAY_MS).toISOString().slice(0, 10);
  return { from, to };
}
