import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { loadStrings } from "@/lib/i18n/i18n";
import { restoreSession } from "@/lib/session/session";
import { rootRoute } from "./root";

/** A program has sent the person here; what it asks for is its query, as one text. */
const consentRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/oauth/consent",
  validateSearch: (search: Record<string, unknown>): { request: string } => ({
    request: typeof search.request === "string" ? search.request : "",
  }),
  beforeLoad: async ({ location }) => {
    if (await restoreSession()) return;
    throw redirect({ to: "/login", search: { next: location.href } });
  },
  loader: () => loadStrings("oauth"),
  component: lazyRouteComponent(() => import("@/features/oauth/consent-page"), "ConsentPage"),
});

export const oauthRoutes = [consentRoute];
