import type { Entry, View } from "./model";

/** Days are `2027-03-01` by the reader's clock; they sort as text. */
export type Day = string;

const two = (part: number): string => String(part).padStart(2, "0");

export const dayOf = (at: Date): Day =>
  `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;

/** The first moment of a day; a day that the clock begins late begins late. */
export function startOf(day: Day): Date {
  const [year = 1970, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date);
}

export function plus(day: Day, days: number): Day {
  const at = startOf(day);
  return dayOf(new Date(at.getFullYear(), at.getMonth(), at.getDate() + days));
}

export function plusMonths(day: Day, months: number): Day {
  const at = startOf(day);
  const first = new Date(at.getFullYear(), at.getMonth() + months, 1);
  const last = new Date(first.getFullYear(), first.getMonth() + 1, 0).getDate();
  return dayOf(new Date(first.getFullYear(), first.getMonth(), Math.min(at.getDate(), last)));
}

/** The Monday of its week. */
export const mondayOf = (day: Day): Day => plus(day, -((startOf(day).getDay() + 6) % 7));

export const firstOfMonth = (day: Day): Day => `${day.slice(0, 7)}-01`;

export const daysFrom = (first: Day, count: number): Day[] =>
  Array.from({ length: count }, (_, number) => plus(first, number));

const WEEK = 7;
const WEEKS = 6;

/** The days that a view shows around one. */
export function shownDays(view: View, day: Day): Day[] {
  if (view === "week") return daysFrom(mondayOf(day), WEEK);
  const first = firstOfMonth(day);
  if (view === "month") return daysFrom(mondayOf(first), WEEK * WEEKS);
  return daysFrom(first, startOf(plus(plusMonths(first, 1), -1)).getDate());
}

/** Where the same view goes on. */
export const step = (view: View, day: Day, by: 1 | -1): Day =>
  view === "week" ? plus(day, WEEK * by) : plusMonths(day, by);

/** The first and the last day that an entry takes. What ends at midnight takes none of that day. */
export function daysOf(entry: Entry): [Day, Day] {
  if (entry.starts_on) return [entry.starts_on, entry.ends_on ?? entry.starts_on];
  const first = new Date(entry.starts_at ?? 0);
  const last = new Date(entry.ends_at ?? first);
  const end = last > first ? new Date(last.getTime() - 1) : last;
  return [dayOf(first), dayOf(end)];
}

/** The entries of each day, in their order; one that takes several days is in each. */
export function byDay(entries: readonly Entry[], days: readonly Day[]): Map<Day, Entry[]> {
  const found = new Map<Day, Entry[]>(days.map((day) => [day, []]));
  for (const entry of entries) {
    const [first, last] = daysOf(entry);
    for (const day of days) if (day >= first && day <= last) found.get(day)?.push(entry);
  }
  return found;
}

/** Whether it stands above the hours: whole days, and what takes more than one. */
export function isWhole(entry: Entry): boolean {
  const [first, last] = daysOf(entry);
  return entry.starts_on !== null || first !== last;
}

/** A stretch of a day's column: from which minute to which, in which of how many lanes. */
export interface Slot {
  entry: Entry;
  from: number;
  to: number;
  lane: number;
  lanes: number;
}

const DAY_MINUTES = 24 * 60;
/** What is shorter has no room for its name. */
const LEAST = 30;

const minuteOf = (iso: string): number => {
  const at = new Date(iso);
  return at.getHours() * 60 + at.getMinutes();
};

/** Entries of one day side by side where they overlap. */
export function slotsOf(entries: readonly Entry[]): Slot[] {
  const slots = entries
    .filter((entry) => entry.starts_at !== null && !isWhole(entry))
    .map((entry): Slot => {
      const from = Math.min(minuteOf(entry.starts_at ?? ""), DAY_MINUTES - LEAST);
      const end = entry.ends_at ? minuteOf(entry.ends_at) : from;
      const to = end === 0 && entry.ends_at !== entry.starts_at ? DAY_MINUTES : end;
      return { entry, from, to: Math.max(to, from + LEAST), lane: 0, lanes: 1 };
    })
    .toSorted((one, other) => one.from - other.from || other.to - one.to);
  let group: Slot[] = [];
  let end = 0;
  const close = () => {
    const lanes = Math.max(0, ...group.map((slot) => slot.lane)) + 1;
    for (const slot of group) slot.lanes = lanes;
    group = [];
  };
  for (const slot of slots) {
    if (slot.from >= end) close();
    const taken = new Set(group.filter(({ to }) => to > slot.from).map(({ lane }) => lane));
    while (taken.has(slot.lane)) slot.lane += 1;
    group.push(slot);
    end = Math.max(group.length === 1 ? 0 : end, slot.to);
  }
  close();
  return slots;
}

const TIME = new Intl.DateTimeFormat("en", { hour: "numeric", minute: "2-digit" });
const LONG = new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long" });
const MONTH = new Intl.DateTimeFormat("en", { month: "long", year: "numeric" });
const SHORT = new Intl.DateTimeFormat("en", { weekday: "short" });
const SPAN = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric" });

export const timeWords = (iso: string): string => TIME.format(new Date(iso));
export const dayWords = (day: Day): string => LONG.format(startOf(day));
export const weekdayWords = (day: Day): string => SHORT.format(startOf(day));
const HOUR = new Intl.DateTimeFormat("en", { hour: "numeric" });
export const hourWords = (hour: number): string => HOUR.format(new Date(2024, 0, 1, hour));

export function titleOf(view: View, day: Day): string {
  if (view !== "week") return MONTH.format(startOf(day));
  const monday = mondayOf(day);
  return SPAN.formatRange(startOf(monday), startOf(plus(monday, WEEK - 1)));
}
