import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import { newId } from "@/lib/ids";
import type { NewSchedule, NewTrigger, SchedulePatch, TriggerPatch } from "./model";

const SCHEDULE = "/api/v1/schedules/{schedule_id}";
const TRIGGER = "/api/v1/triggers/{trigger_id}";
const PAGE = 50;

const page = (cursor: string | undefined) => ({
  query: { limit: PAGE, ...(cursor ? { cursor } : {}) },
});
const once = () => ({ header: { "Idempotency-Key": newId() } });
const schedule = (id: string) => ({ params: { path: { schedule_id: id } } });
const trigger = (id: string) => ({ params: { path: { trigger_id: id } } });

/** The calls of schedules and triggers. */
export const calls = {
  listSchedules: (cursor: string | undefined, signal: AbortSignal) =>
    bodyOf(client.GET("/api/v1/schedules", { params: page(cursor), signal })),
  createSchedule: (body: NewSchedule) =>
    bodyOf(client.POST("/api/v1/schedules", { params: once(), body })),
  changeSchedule: (id: string, body: SchedulePatch) =>
    bodyOf(client.PATCH(SCHEDULE, { ...schedule(id), body })),
  deleteSchedule: (id: string) => client.DELETE(SCHEDULE, schedule(id)),
  preview: (rrule: string, startsAt: string, timezone: string, signal: AbortSignal) =>
    bodyOf(
      client.POST("/api/v1/schedules/preview", {
        body: { rrule, starts_at: startsAt, timezone, limit: 5 },
        signal,
      }),
    ),
  listTriggers: (cursor: string | undefined, signal: AbortSignal) =>
    bodyOf(client.GET("/api/v1/triggers", { params: page(cursor), signal })),
  createTrigger: (body: NewTrigger) =>
    bodyOf(client.POST("/api/v1/triggers", { params: once(), body })),
  changeTrigger: (id: string, body: TriggerPatch) =>
    bodyOf(client.PATCH(TRIGGER, { ...trigger(id), body })),
  deleteTrigger: (id: string) => client.DELETE(TRIGGER, trigger(id)),
  rotateSecret: (id: string) =>
    bodyOf(client.POST(`${TRIGGER}/secret`, { ...trigger(id), body: { overlap_hours: 24 } })),
};
