import type { Task } from "./model";

const DAY_MS = 86_400_000;

function pad(value: number): string {
  return String(value).padStart(2, "0");
}

export interface Due {
  due_on: string | null;
  due_at: string | null;
}

/** The local day of a moment, as `2027-01-31`. */
export function dayOf(moment: Date): string {
  return `${moment.getFullYear()}-${pad(moment.getMonth() + 1)}-${pad(moment.getDate())}`;
}

function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS);
}

/** The day on which something is due, or null. */
export function dueDay(due: Due): string | null {
  if (due.due_on) return due.due_on;
  return due.due_at ? dayOf(new Date(due.due_at)) : null;
}

function dayWords(day: string, today: string): string {
  const distance = daysBetween(today, day);
  if (distance >= -1 && distance <= 1) {
    const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(distance, "day");
    return words.charAt(0).toUpperCase() + words.slice(1);
  }
  const date = new Date(`${day}T12:00:00`);
  if (distance > 1 && distance < 7) {
    return new Intl.DateTimeFormat("en", { weekday: "long" }).format(date);
  }
  const sameYear = day.slice(0, 4) === today.slice(0, 4);
  return new Intl.DateTimeFormat("en", {
    day: "numeric",
    month: "short",
    ...(sameYear ? {} : { year: "numeric" }),
  }).format(date);
}

/** “Tomorrow 09:00”, “Friday”, “24 Dec”: short and relative to today. */
export function dueWords(due: Due, now: Date = new Date()): string {
  const day = dueDay(due);
  if (!day) return "";
  const words = dayWords(day, dayOf(now));
  if (!due.due_at) return words;
  const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
  return `${words} ${time.format(new Date(due.due_at))}`;
}

export type DueTone = "overdue" | "today" | "soon" | "later";

export function dueTone(due: Due, now: Date = new Date()): DueTone {
  const day = dueDay(due);
  const today = dayOf(now);
  if (!day) return "later";
  if (day < today || (due.due_at && new Date(due.due_at) < now)) return "overdue";
  if (day === today) return "today";
  return daysBetween(today, day) < 7 ? "soon" : "later";
}

export function isOverdue(task: Task, now: Date = new Date()): boolean {
  const day = dueDay(task);
  return day !== null && day < dayOf(now);
}
