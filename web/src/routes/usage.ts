import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { loadStrings } from "@/lib/i18n/i18n";
import { appRoute } from "./app";

const usageRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/usage",
  loader: () => loadStrings("usage"),
  component: lazyRouteComponent(() => import("@/features/usage/usage-page"), "UsagePage"),
});

export const usageRoutes = [usageRoute];
