import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { loadStrings } from "@/lib/i18n/i18n";
import { appRoute } from "./app";

const chatIndexRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/chat",
  loader: () => loadStrings("chat"),
  component: lazyRouteComponent(() => import("@/features/chat/chat-page"), "ChatPage"),
});

export const chatRoutes = [chatIndexRoute];
