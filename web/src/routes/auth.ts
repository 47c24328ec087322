import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { loadStrings } from "@/lib/i18n/i18n";
import { restoreSession } from "@/lib/session/session";
import { rootRoute } from "./root";

/** Only paths of this site: a `next` of another host would be an open redirect. */
function ownPath(value: unknown): string | undefined {
  if (typeof value !== "string" || !value.startsWith("/")) return undefined;
  const url = URL.parse(value, window.location.origin);
  return url?.origin === window.location.origin ? `${url.pathname}${url.search}` : undefined;
}

const loginRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/login",
  validateSearch: (search: Record<string, unknown>): { next?: string } => {
    const next = ownPath(search.next);
    return next ? { next } : {};
  },
  beforeLoad: async ({ search }) => {
    if (await restoreSession()) throw redirect({ href: search.next ?? "/today" });
  },
  loader: () => loadStrings("auth"),
  component: lazyRouteComponent(() => import("@/features/auth/login-page"), "LoginPage"),
});

const setupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/setup",
  loader: () => loadStrings("auth"),
  component: lazyRouteComponent(() => import("@/features/auth/setup-page"), "SetupPage"),
});

const signupRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: "/signup",
  validateSearch: (search: Record<string, unknown>): { invitation?: string } =>
    typeof search.invitation === "string" ? { invitation: search.invitation } : {},
  loader: () => loadStrings("auth"),
  component: lazyRouteComponent(() => import("@/features/auth/signup-page"), "SignupPage"),
});

export const authRoutes = [loginRoute, setupRoute, signupRoute];
