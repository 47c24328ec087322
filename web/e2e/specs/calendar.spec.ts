import type { Page } from "@playwright/test";
import { adminApi } from "../api.ts";
import { expect, inspect, test } from "../test.ts";

const PHONE = { width: 390, height: 844 };

const two = (part: number) => String(part).padStart(2, "0");
const dayOf = (at: Date) => `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;

/** A workspace of its own, in which nothing takes place. */
async function settle(app: Page) {
  const api = await adminApi();
  const { id } = await api.post("/api/v1/workspaces", { name: "Oak Lane" });
  await app.addInitScript((chosen) => localStorage.setItem("vectal.workspace", chosen), id);
  return { api, workspace: id };
}

test("events are made, moved, cancelled once and deleted by the keyboard", async ({ app }) => {
  await settle(app);
  await app.goto("/today");
  await expect(app.getByRole("main")).toBeVisible();
  await app.keyboard.press("g");
  await app.keyboard.press("d");
  await expect(app.getByRole("region", { name: "Hours of the week" })).toBeVisible();
  await app.getByRole("radio", { name: "List" }).click();
  await expect(app.getByText("Nothing takes place this month")).toBeVisible();
  await inspect(app, "calendar-empty");

  await app.getByRole("radio", { name: "Week" }).click();
  await app.keyboard.press("n");
  const fresh = app.getByRole("dialog", { name: "New event" });
  await fresh.getByLabel("What", { exact: true }).fill("Board meeting");
  await fresh.getByLabel("Where").fill("Room 4");
  await fresh.getByRole("combobox", { name: "Repeats" }).click();
  await app.getByRole("option", { name: "By a rule" }).click();
  await fresh.getByLabel("Rule (RFC 5545)").fill("FREQ=HOURLY");
  await inspect(app, "calendar-new");
  await fresh.getByLabel("What", { exact: true }).press("Enter");
  await expect(fresh).toContainText("recurs each day at the most");
  await fresh.getByLabel("Rule (RFC 5545)").fill("FREQ=DAILY;COUNT=2");
  await fresh.getByLabel("What", { exact: true }).press("Enter");
  await expect(fresh).toBeHidden();

  await app.getByRole("radio", { name: "List" }).click();
  const meetings = app.getByRole("button", { name: /Board meeting/ });
  await expect(meetings.first()).toBeVisible();
  await meetings.first().press("Enter");
  const open = app.getByRole("dialog", { name: "Event" });
  await open.getByRole("checkbox", { name: "Show it to everyone" }).press("Space");
  await open.getByRole("button", { name: "Save" }).press("Enter");
  await expect(open).toBeHidden();
  await meetings.first().press("Enter");
  await expect(open.getByRole("checkbox", { name: "Show it to everyone" })).toBeChecked();
  await open.getByRole("button", { name: "Cancel this one" }).press("Enter");
  await expect(app.getByText("This one time is cancelled")).toBeVisible();
  await app.keyboard.press("Escape");
  // The second may lie in the next month.
  if ((await meetings.count()) === 0) await app.keyboard.press("Shift+ArrowRight");
  await expect(meetings).toHaveCount(1);
  await meetings.first().press("Enter");
  await open.getByRole("button", { name: "Delete all" }).press("Enter");
  await expect(app.getByText("Event deleted")).toBeVisible();
  await expect(meetings).toHaveCount(0);
});

test("a calendar comes in from a file, and is subscribed to from elsewhere", async ({ app }) => {
  const { api } = await settle(app);
  await api.post("/api/v1/calendar/events", { title: "Call", starts_on: dayOf(new Date()) });
  await app.goto("/calendar?view=month");
  await expect(app.getByRole("button", { name: /^Call/ })).toHaveCount(0);
  const ics = [
    "BEGIN:VCALENDAR",
    "BEGIN:VEVENT",
    "UID:lunch",
    "SUMMARY:Lunch with Ada",
    `DTSTART;VALUE=DATE:${dayOf(new Date()).replaceAll("-", "")}`,
    "END:VEVENT",
    "BEGIN:VEVENT",
    "SUMMARY:No name",
    "END:VEVENT",
    "END:VCALENDAR",
  ].join("\r\n");
  const name = "Take over a file (.ics)";
  await app
    .locator('input[type="file"][accept*="calendar"]')
    .setInputFiles({ name: "mine.ics", mimeType: "text/calendar", buffer: Buffer.from(ics) });
  await expect(app.getByText("1 events added, 0 changed. 1 was refused:")).toBeVisible();
  await expect(app.getByRole("button", { name: /Lunch with Ada/ })).toBeVisible();

  await app.getByRole("button", { name: "Exchange with other calendars" }).click();
  await expect(app.getByRole("menuitem", { name })).toBeVisible();
  await app.getByRole("menuitem", { name: "Subscribe from elsewhere" }).click();
  const feeds = app.getByRole("dialog", { name: "Subscribe from elsewhere" });
  await feeds.getByLabel("For which device or program?").fill("Phone");
  await feeds.getByRole("button", { name: "Make an address" }).click();
  const address = await feeds.getByRole("region", { name: "Address of the calendar" }).innerText();
  await inspect(app, "calendar-feeds");
  const read = await fetch(address.trim());
  expect(await read.text()).toContain("SUMMARY:Lunch with Ada");
  await feeds.getByRole("button", { name: "Take “Phone” back" }).click();
  await expect(feeds.getByRole("list", { name: "Your addresses" })).toBeHidden();
  expect((await fetch(address.trim())).status).toBe(404);
});

test("events, tasks and runs stand together in every view", async ({ app }) => {
  const { api, workspace } = await settle(app);
  const now = new Date();
  const today = dayOf(now);
  const at = (hour: number, minute = 0) =>
    new Date(now.getFullYear(), now.getMonth(), now.getDate(), hour, minute).toISOString();
  const here = api.within(workspace);
  const post = (path: string, body: object) => here.post(`/api/v1/${path}`, body);
  await post("calendar/events", { title: "Stand-up", starts_at: at(9), ends_at: at(9, 30) });
  await post("calendar/events", { title: "Board", starts_at: at(10), ends_at: at(12) });
  await post("calendar/events", { title: "Interview", starts_at: at(11), ends_at: at(12, 30) });
  await post("calendar/events", { title: "Trade fair", starts_on: today, visibility: "workspace" });
  await post("tasks", { title: "Pay the rent", due_on: today });
  await post("tasks", { title: "Call the bank", due_at: at(15) });
  await app.goto("/calendar");
  const hours = app.getByRole("region", { name: "Hours of the week" });
  await expect(hours.getByRole("button", { name: /Interview/ })).toBeVisible();
  await expect(hours.getByRole("link", { name: /Call the bank.*Task/ })).toBeVisible();
  await inspect(app, "calendar-week");
  await app.getByRole("radio", { name: "Month" }).click();
  await expect(app.getByRole("button", { name: /3 more on|4 more on/ })).toBeVisible();
  await inspect(app, "calendar-month");
  await app.getByRole("link", { name: /Pay the rent/ }).click();
  await expect(app).toHaveURL(/\/task\//);

  await app.goto("/today");
  await expect(app.getByRole("main")).toBeVisible();
  await app.keyboard.press("ControlOrMeta+k");
  const palette = app.getByRole("dialog", { name: "Commands and search" });
  await palette.getByRole("combobox").fill("interv");
  await palette.getByRole("option", { name: /Interview/ }).click();
  const found = app.getByRole("dialog", { name: "Event" });
  await expect(found.getByLabel("What", { exact: true })).toHaveValue("Interview");
  await found.getByRole("button", { name: "Close" }).click();
  await expect(app).not.toHaveURL(/event=/);

  await app.setViewportSize(PHONE);
  await app.goto("/calendar");
  await expect(app.getByRole("button", { name: /Trade fair/ })).toBeVisible();
  await expect(app.getByRole("radiogroup", { name: "View" })).toBeHidden();
  await inspect(app, "calendar-list");
});
