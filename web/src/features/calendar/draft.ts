import { localMoment } from "@/features/tasks/edit-item";
import { plus } from "./days";
import type { CalendarEvent, NewEvent, Opened } from "./model";

export const REPEATS = [
  "never",
  "daily",
  "weekdays",
  "weekly",
  "monthly",
  "yearly",
  "own",
] as const;
export type Repeats = (typeof REPEATS)[number];

const RULES: Record<Exclude<Repeats, "never" | "own">, string> = {
  daily: "FREQ=DAILY",
  weekdays: "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
  weekly: "FREQ=WEEKLY",
  monthly: "FREQ=MONTHLY",
  yearly: "FREQ=YEARLY",
};

/** An event as its form holds it: days, and times of the reader's clock. */
export interface Draft {
  title: string;
  allDay: boolean;
  firstDay: string;
  lastDay: string;
  from: string;
  to: string;
  repeats: Repeats;
  rule: string;
  place: string;
  notes: string;
  shown: boolean;
}

function repeatsOf(rule: string | null): Repeats {
  if (!rule) return "never";
  const plain = rule.trim().toUpperCase();
  const known = REPEATS.find((each) => RULES[each as "daily"] === plain);
  return known ?? "own";
}

const two = (part: number): string => String(part).padStart(2, "0");
const DEFAULT_HOUR = 9;
const LAST_HOUR = 23;

export function draftOf(opened: Opened): Draft {
  if (!("occurrence" in opened)) {
    const hour = Math.min(opened.hour ?? DEFAULT_HOUR, LAST_HOUR - 1);
    return {
      title: "",
      allDay: false,
      firstDay: opened.day,
      lastDay: opened.day,
      from: `${two(hour)}:00`,
      to: `${two(hour + 1)}:00`,
      repeats: "never",
      rule: "",
      place: "",
      notes: "",
      shown: false,
    };
  }
  return fromEvent(opened.occurrence.event);
}

function fromEvent(event: CalendarEvent): Draft {
  const first = event.starts_at ? localMoment(event.starts_at) : `${event.starts_on}T09:00`;
  const last = event.ends_at ? localMoment(event.ends_at) : `${event.ends_on}T10:00`;
  return {
    title: event.title,
    allDay: event.starts_on !== null,
    firstDay: first.slice(0, 10),
    lastDay: last.slice(0, 10),
    from: first.slice(11),
    to: last.slice(11),
    repeats: repeatsOf(event.rule),
    rule: event.rule ?? "",
    place: event.place,
    notes: event.notes,
    shown: event.visibility === "workspace",
  };
}

/** A first day that moves takes the last one along. */
export function withFirstDay(draft: Draft, firstDay: string): Draft {
  if (!firstDay || !draft.firstDay || !draft.lastDay) return { ...draft, firstDay };
  const [old, end] = [draft.firstDay, draft.lastDay].map((day) => Date.parse(day));
  const days = Math.round(((end ?? 0) - (old ?? 0)) / 86_400_000);
  return { ...draft, firstDay, lastDay: plus(firstDay, Math.max(0, days)) };
}

const ruleOf = (draft: Draft): string | null => {
  if (draft.repeats === "never") return null;
  return draft.repeats === "own" ? draft.rule.trim() : RULES[draft.repeats];
};

export const isReady = (draft: Draft): boolean =>
  draft.title.trim() !== "" &&
  draft.firstDay !== "" &&
  draft.lastDay !== "" &&
  (draft.allDay || (draft.from !== "" && draft.to !== "")) &&
  (draft.repeats !== "own" || draft.rule.trim() !== "");

/** What the server takes; `timezone` is where a rule is meant. */
export function bodyOf(draft: Draft, timezone: string): NewEvent {
  const when = draft.allDay
    ? { starts_on: draft.firstDay, ends_on: draft.lastDay }
    : {
        starts_at: new Date(`${draft.firstDay}T${draft.from}`).toISOString(),
        ends_at: new Date(`${draft.lastDay}T${draft.to}`).toISOString(),
      };
  return {
    title: draft.title.trim(),
    place: draft.place.trim(),
    notes: draft.notes,
    visibility: draft.shown ? "workspace" : "private",
    rule: ruleOf(draft),
    timezone,
    ...when,
  } as NewEvent;
}
