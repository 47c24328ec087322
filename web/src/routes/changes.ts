import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { loadStrings } from "@/lib/i18n/i18n";
import { appRoute } from "./app";

const changesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/changes",
  loader: () => loadStrings("mcp", "tasks", "settings"),
  component: lazyRouteComponent(() => import("@/features/mcp/proposals-page"), "ProposalsPage"),
});

export const changeRoutes = [changesRoute];
