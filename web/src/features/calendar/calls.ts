import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import { newId } from "@/lib/ids";
import type { EventPatch, NewEvent } from "./model";

const EVENT = "/api/v1/calendar/events/{event_id}";
const FEEDS = "/api/v1/calendar/feeds";
const event = (id: string) => ({ path: { event_id: id } });

/** The calls of the calendar. */
export const calls = {
  agenda: (from: string, to: string, timezone: string, signal: AbortSignal) =>
    bodyOf(
      client.GET("/api/v1/calendar/agenda", { params: { query: { from, to, timezone } }, signal }),
    ),
  create: (body: NewEvent) =>
    bodyOf(
      client.POST("/api/v1/calendar/events", {
        params: { header: { "Idempotency-Key": newId() } },
        body,
      }),
    ),
  get: (id: string, signal: AbortSignal) =>
    bodyOf(client.GET(EVENT, { params: event(id), signal })),
  change: (id: string, body: EventPatch) =>
    bodyOf(client.PATCH(EVENT, { params: event(id), body })),
  remove: (id: string) => client.DELETE(EVENT, { params: event(id) }),
  cancel: (id: string, occurrence: string) =>
    client.DELETE(EVENT, { params: { ...event(id), query: { occurrence } } }),
  takeIn: (text: string) =>
    bodyOf(
      client.POST("/api/v1/calendar/import", {
        body: text,
        bodySerializer: (body) => body,
        headers: { "Content-Type": "text/calendar" },
      }),
    ),
  listFeeds: (signal: AbortSignal) => bodyOf(client.GET(FEEDS, { signal })),
  createFeed: (name: string) => bodyOf(client.POST(FEEDS, { body: { name } })),
  deleteFeed: (id: string) =>
    client.DELETE("/api/v1/calendar/feeds/{feed_id}", { params: { path: { feed_id: id } } }),
};
