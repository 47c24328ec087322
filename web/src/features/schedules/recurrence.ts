import type { Translate } from "@/lib/i18n/namespaces";

export const DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const;
export type Day = (typeof DAYS)[number];

export const PRESETS = ["daily", "weekdays", "weekly", "monthly", "own"] as const;
export type Preset = (typeof PRESETS)[number];

/** What the form has: a preset with its days, or a rule in the words of RFC 5545. */
export interface Recurrence {
  preset: Preset;
  days: readonly Day[];
  own: string;
}

const WEEKDAYS = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR";
const WEEKLY = /^FREQ=WEEKLY;BYDAY=((?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:MO|TU|WE|TH|FR|SA|SU))*)$/;

/** The rule of a form; a month has it on the day of its start. */
export function ruleOf({ preset, days, own }: Recurrence): string {
  switch (preset) {
    case "daily":
      return "FREQ=DAILY";
    case "weekdays":
      return WEEKDAYS;
    case "weekly":
      return `FREQ=WEEKLY;BYDAY=${DAYS.filter((day) => days.includes(day)).join(",")}`;
    case "monthly":
      return "FREQ=MONTHLY";
    default:
      return own.trim();
  }
}

/** The form of a rule, whoever wrote it. */
export function recurrenceOf(rrule: string): Recurrence {
  const plain = rrule
    .trim()
    .toUpperCase()
    .replace(/^RRULE:/, "");
  const form = { days: [] as Day[], own: rrule };
  if (plain === "FREQ=DAILY") return { ...form, preset: "daily" };
  if (plain === WEEKDAYS) return { ...form, preset: "weekdays" };
  if (plain === "FREQ=MONTHLY") return { ...form, preset: "monthly" };
  const weekly = WEEKLY.exec(plain);
  if (weekly?.[1]) return { ...form, preset: "weekly", days: weekly[1].split(",") as Day[] };
  return { ...form, preset: "own" };
}

const NAMES = new Intl.DateTimeFormat("en", { weekday: "long", timeZone: "UTC" });
/** 1 January 2024 was a Monday. */
const nameOf = (day: Day): string => NAMES.format(Date.UTC(2024, 0, 1 + DAYS.indexOf(day)));
export const dayName = nameOf;

const LIST = new Intl.ListFormat("en", { type: "conjunction" });

/** A rule as one would say it; one that is not of the presets as it stands. */
export function inWords(rrule: string, startsAt: string, t: Translate<"schedules">): string {
  const { preset, days } = recurrenceOf(rrule);
  const time = startsAt.slice(11, 16);
  if (preset === "own") return rrule;
  if (preset === "weekly") return t("words.weekly", { days: LIST.format(days.map(nameOf)), time });
  if (preset === "monthly") return t("words.monthly", { day: Number(startsAt.slice(8, 10)), time });
  return t(`words.${preset}`, { time });
}

/** A moment as the clock on the wall of a zone shows it. */
export function wallOf(iso: string, timeZone: string): string {
  const style = { dateStyle: "full", timeStyle: "short" } as const;
  try {
    return new Intl.DateTimeFormat("en", { ...style, timeZone }).format(new Date(iso));
  } catch {
    // The server may know zones that this browser does not.
    return new Intl.DateTimeFormat("en", style).format(new Date(iso));
  }
}

/** Where the reader is. */
export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

const two = (part: number): string => String(part).padStart(2, "0");

/** Tomorrow's day as a date field has it, by the reader's clock. */
export function tomorrow(now: Date): string {
  const day = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1);
  return `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}`;
}
