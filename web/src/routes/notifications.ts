import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { loadStrings } from "@/lib/i18n/i18n";
import { appRoute } from "./app";
import { rootRoute } from "./root";

const listRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/notifications",
  loader: () => loadStrings("notifications"),
  component: lazyRouteComponent(
    () => import("@/features/notifications/notifications-page"),
    "NotificationsPage",
  ),
});

/** Where mailed links lead. The token stands behind the `#`, which no browser sends anywhere. */
export const approveRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/approve",
  loader: () => Promise.all([loadStrings("notifications"), loadStrings("runs")]),
  component: lazyRouteComponent(
    () => import("@/features/notifications/approve-page"),
    "ApprovePage",
  ),
});

export const notificationRoutes = [listRoute];
