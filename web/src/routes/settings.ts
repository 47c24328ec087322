import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { loadStrings } from "@/lib/i18n/i18n";
import { appRoute } from "./app";

const settingsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/settings",
  loader: () => loadStrings("settings"),
  component: lazyRouteComponent(() => import("@/features/settings/settings-page"), "SettingsPage"),
});

export const settingsRoutes = [settingsRoute];
