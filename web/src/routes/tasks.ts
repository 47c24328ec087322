import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { loadStrings } from "@/lib/i18n/i18n";
import { appRoute } from "./app";

type Search = Record<string, unknown>;

/** `?task=` opens a task beside its list. */
function readTask(search: Search): { task?: string } {
  return typeof search.task === "string" ? { task: search.task } : {};
}

const SORTS = ["position", "due", "priority", "created", "updated", "title"] as const;

export interface ProjectSearch {
  view?: "list" | "board" | undefined;
  sort?: (typeof SORTS)[number] | undefined;
  q?: string | undefined;
  all?: true | undefined;
  task?: string | undefined;
}

function readProject(search: Search): ProjectSearch {
  const sort = SORTS.find((known) => known === search.sort);
  return {
    ...readTask(search),
    ...(search.view === "board" || search.view === "list" ? { view: search.view } : {}),
    ...(sort ? { sort } : {}),
    ...(typeof search.q === "string" && search.q ? { q: search.q } : {}),
    ...(search.all === true ? { all: true } : {}),
  };
}

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
  validateSearch: readTask,
  loader: () => loadStrings("tasks"),
  component: lazyRouteComponent(() => import("@/features/tasks/today-page"), "TodayPage"),
});

const inboxRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/inbox",
  validateSearch: readTask,
  loader: () => loadStrings("tasks"),
  component: lazyRouteComponent(() => import("@/features/tasks/inbox-page"), "InboxPage"),
});

const projectRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/p/$project",
  validateSearch: readProject,
  loader: () => loadStrings("tasks"),
  component: lazyRouteComponent(() => import("@/features/tasks/project-page"), "ProjectPage"),
});

const taskRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/task/$id",
  validateSearch: readTask,
  loader: () => loadStrings("tasks"),
  component: lazyRouteComponent(() => import("@/features/tasks/task-page"), "TaskPage"),
});

export const taskRoutes = [indexRoute, todayRoute, inboxRoute, projectRoute, taskRoute];
