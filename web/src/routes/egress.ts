import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { loadStrings } from "@/lib/i18n/i18n";
import { appRoute } from "./app";

const egressRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/egress",
  // The chart is the one of the usage page.
  loader: () => loadStrings("egress", "usage"),
  component: lazyRouteComponent(() => import("@/features/egress/egress-page"), "EgressPage"),
});

export const egressRoutes = [egressRoute];
