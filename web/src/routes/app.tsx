import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { fetchSetup } from "@/lib/session/entry";
import { restoreSession } from "@/lib/session/session";
import { rootRoute } from "./root";

/** The layout of everything that needs a signed-in person. Add pages as its children. */
export const appRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: "app",
  beforeLoad: async ({ location }) => {
    if (await restoreSession()) return;
    if ((await fetchSetup()).needed) throw redirect({ to: "/setup" });
    throw redirect({ to: "/login", search: { next: location.href } });
  },
  component: lazyRouteComponent(() => import("@/app/shell/shell"), "Shell"),
});
