import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { loadStrings } from "@/lib/i18n/i18n";
import { appRoute } from "./app";

export const CALENDAR_VIEWS = ["week", "month", "agenda"] as const;

export interface CalendarSearch {
  view?: (typeof CALENDAR_VIEWS)[number] | undefined;
  /** A day that is shown, `2027-03-01`. */
  day?: string | undefined;
  /** One that is to be opened, whenever it is. */
  event?: string | undefined;
}

const DAY = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;

const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function readCalendar(search: Record<string, unknown>): CalendarSearch {
  const view = CALENDAR_VIEWS.find((known) => known === search.view);
  const { day, event } = search;
  return {
    ...(view ? { view } : {}),
    ...(typeof day === "string" && DAY.test(day) && day > "1970" && day < "2199" ? { day } : {}),
    ...(typeof event === "string" && ID.test(event) ? { event } : {}),
  };
}

const calendarRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/calendar",
  validateSearch: readCalendar,
  loader: () => loadStrings("calendar"),
  component: lazyRouteComponent(() => import("@/features/calendar/calendar-page"), "CalendarPage"),
});

export const calendarRoutes = [calendarRoute];
