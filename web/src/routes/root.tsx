import { createRootRoute, Outlet } from "@tanstack/react-router";
import { NotFoundPage } from "@/app/route-states";

export const rootRoute = createRootRoute({ component: Outlet, notFoundComponent: NotFoundPage });
