import type { components } from "@/lib/api/schema";

export type CalendarEvent = components["schemas"]["Event"];
export type Occurrence = components["schemas"]["Occurrence"];
export type Entry = components["schemas"]["AgendaEntry"];
export type Agenda = components["schemas"]["Agenda"];
export type NewEvent = components["schemas"]["NewEvent"];
export type EventPatch = components["schemas"]["EventPatch"];
export type Imported = components["schemas"]["CalendarImport"];
export type Feed = components["schemas"]["Feed"];

export type View = "week" | "month" | "agenda";

/** Whose details are opened: one that is there, or where a new one begins. */
export type Opened = { occurrence: Occurrence } | { day: string; hour: number | null };
