import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "./root";

function galleryRoute() {
  return createRoute({
    getParentRoute: () => rootRoute,
    path: "/ui",
    component: lazyRouteComponent(() => import("@/features/gallery/gallery-page"), "GalleryPage"),
  });
}

/** Pages for building the interface itself. The production build leaves them out. */
export const devRoutes = import.meta.env.DEV ? [galleryRoute()] : [];
