import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { rootRoute } from "./root";

function galleryRoutes() {
  return [
    createRoute({
      getParentRoute: () => rootRoute,
      path: "/ui",
      component: lazyRouteComponent(() => import("@/features/gallery/gallery-page"), "GalleryPage"),
    }),
    createRoute({
      getParentRoute: () => rootRoute,
      path: "/ui/markdown",
      component: lazyRouteComponent(
        () => import("@/features/gallery/markdown-page"),
        "MarkdownPage",
      ),
    }),
  ];
}

/**
 * Pages for building and measuring the interface itself. The production build leaves them out;
 * `vite build --mode gallery` keeps them.
 */
export const devRoutes =
  import.meta.env.DEV || import.meta.env.MODE === "gallery" ? galleryRoutes() : [];
