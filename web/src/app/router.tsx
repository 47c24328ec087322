import { createRouter } from "@tanstack/react-router";
import { appRoute } from "@/routes/app";
import { authRoutes } from "@/routes/auth";
import { calendarRoutes } from "@/routes/calendar";
import { changeRoutes } from "@/routes/changes";
import { chatRoutes } from "@/routes/chat";
import { devRoutes } from "@/routes/dev";
import { egressRoutes } from "@/routes/egress";
import { fileRoutes } from "@/routes/files";
import { memoryRoutes } from "@/routes/memories";
import { approveRoute, notificationRoutes } from "@/routes/notifications";
import { oauthRoutes } from "@/routes/oauth";
import { researchRoutes } from "@/routes/research";
import { rootRoute } from "@/routes/root";
import { runRoutes } from "@/routes/runs";
import { settingsRoutes } from "@/routes/settings";
import { taskRoutes } from "@/routes/tasks";
import { usageRoutes } from "@/routes/usage";
import { NotFound, RouteError, RoutePending } from "./route-states";

const routeTree = rootRoute.addChildren([
  ...authRoutes,
  ...oauthRoutes,
  ...devRoutes,
  approveRoute,
  appRoute.addChildren([
    ...taskRoutes,
    ...calendarRoutes,
    ...chatRoutes,
    ...fileRoutes,
    ...runRoutes,
    ...changeRoutes,
    ...researchRoutes,
    ...memoryRoutes,
    ...notificationRoutes,
    ...usageRoutes,
    ...egressRoutes,
    ...settingsRoutes,
  ]),
]);

export const router = createRouter({
  routeTree,
  defaultPreload: "intent",
  defaultPreloadStaleTime: 0,
  defaultErrorComponent: RouteError,
  defaultNotFoundComponent: NotFound,
  defaultPendingComponent: RoutePending,
  defaultPendingMs: 300,
  scrollRestoration: true,
});

/** The parts of the page that is asked for come while the session is renewed, not after it. */
export function fetchFirstPage(): void {
  for (const { routeId } of router.matchRoutes(router.latestLocation)) {
    // What fails here is loaded again by the router, which then tells of it.
    const route = router.routesById[routeId as keyof typeof router.routesById];
    if (route) router.loadRouteChunk(route)?.catch(() => undefined);
  }
}

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
