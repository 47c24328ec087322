import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { loadStrings } from "@/lib/i18n/i18n";
import { appRoute } from "./app";

const page = lazyRouteComponent(() => import("@/features/chat/chat-page"), "ChatPage");

const chatIndexRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/chat",
  // Changesets speak the language of tasks.
  loader: () => loadStrings("chat", "tasks"),
  component: page,
});

const conversationRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/chat/$id",
  loader: () => loadStrings("chat", "tasks"),
  component: page,
});

export const chatRoutes = [chatIndexRoute, conversationRoute];
