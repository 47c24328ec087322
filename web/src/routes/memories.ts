import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { loadStrings } from "@/lib/i18n/i18n";
import { appRoute } from "./app";

const memoriesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/memories",
  loader: () => loadStrings("memories"),
  component: lazyRouteComponent(() => import("@/features/memories/memories-page"), "MemoriesPage"),
});

export const memoryRoutes = [memoriesRoute];
