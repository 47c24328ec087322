import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { loadStrings } from "@/lib/i18n/i18n";
import { appRoute } from "./app";

const indexRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/today" });
  },
});

const todayRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/today",
  loader: () => loadStrings("tasks"),
  component: lazyRouteComponent(() => import("@/features/tasks/today-page"), "TodayPage"),
});

const inboxRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/inbox",
  loader: () => loadStrings("tasks"),
  component: lazyRouteComponent(() => import("@/features/tasks/inbox-page"), "InboxPage"),
});

export const taskRoutes = [indexRoute, todayRoute, inboxRoute];
