import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { loadStrings } from "@/lib/i18n/i18n";
import { appRoute } from "./app";

const load = () => loadStrings("research");

const researchesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/research",
  loader: load,
  component: lazyRouteComponent(
    () => import("@/features/research/researches-page"),
    "ResearchesPage",
  ),
});

const researchRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/research/$id",
  loader: load,
  component: lazyRouteComponent(() => import("@/features/research/research-page"), "ResearchPage"),
});

export const researchRoutes = [researchesRoute, researchRoute];
