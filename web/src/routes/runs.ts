import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { loadStrings } from "@/lib/i18n/i18n";
import { appRoute } from "./app";

const FILTERS = ["open", "waiting", "ended"] as const;

export interface RunsSearch {
  show?: (typeof FILTERS)[number] | undefined;
}

function readRuns(search: Record<string, unknown>): RunsSearch {
  const show = FILTERS.find((known) => known === search.show);
  return show ? { show } : {};
}

/** The pages borrow words of changesets, models and figures. */
const load = () => loadStrings("runs", "tasks", "chat", "usage", "settings");

const runsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/runs",
  validateSearch: readRuns,
  loader: load,
  component: lazyRouteComponent(() => import("@/features/runs/runs-page"), "RunsPage"),
});

const presetsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/runs/presets",
  loader: load,
  component: lazyRouteComponent(
    () => import("@/features/runs/presets/presets-page"),
    "PresetsPage",
  ),
});

const runRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/runs/$id",
  loader: load,
  component: lazyRouteComponent(() => import("@/features/runs/run-page"), "RunPage"),
});

export interface SchedulesSearch {
  show?: "triggers" | undefined;
}

const schedulesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/runs/schedules",
  validateSearch: (search: Record<string, unknown>): SchedulesSearch =>
    search.show === "triggers" ? { show: "triggers" } : {},
  loader: () => loadStrings("schedules", "runs", "chat", "usage", "settings"),
  component: lazyRouteComponent(
    () => import("@/features/schedules/schedules-page"),
    "SchedulesPage",
  ),
});

export const runRoutes = [runsRoute, presetsRoute, schedulesRoute, runRoute];
