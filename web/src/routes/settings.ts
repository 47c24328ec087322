import { createRoute, lazyRouteComponent, redirect } from "@tanstack/react-router";
import { loadStrings } from "@/lib/i18n/i18n";
import { appRoute } from "./app";

const settingsRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/settings",
  // Forms and their texts are shared with the pages before sign-in.
  loader: () => Promise.all([loadStrings("settings"), loadStrings("auth")]),
  component: lazyRouteComponent(() => import("@/features/settings/settings-page"), "SettingsPage"),
});

const indexRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/settings/profile" });
  },
});

const profileRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/profile",
  component: lazyRouteComponent(
    () => import("@/features/settings/profile-section"),
    "ProfileSection",
  ),
});

const sessionsRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/sessions",
  component: lazyRouteComponent(
    () => import("@/features/settings/sessions-section"),
    "SessionsSection",
  ),
});

const keysRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/keys",
  component: lazyRouteComponent(() => import("@/features/settings/keys-section"), "KeysSection"),
});

const programsRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/programs",
  component: lazyRouteComponent(
    () => import("@/features/settings/programs-section"),
    "ProgramsSection",
  ),
});

const providersRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/providers",
  component: lazyRouteComponent(
    () => import("@/features/settings/providers-section"),
    "ProvidersSection",
  ),
});

const routingRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/routing",
  loader: () => loadStrings("routing"),
  component: lazyRouteComponent(
    () => import("@/features/settings/routing-section"),
    "RoutingSection",
  ),
});

const aiRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/ai",
  loader: () => loadStrings("routing"),
  component: lazyRouteComponent(() => import("@/features/settings/ai-section"), "AiSection"),
});

const approvalsRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/approvals",
  loader: () => loadStrings("approvals"),
  component: lazyRouteComponent(
    () => import("@/features/settings/approvals-section"),
    "ApprovalsSection",
  ),
});

const membersRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/members",
  component: lazyRouteComponent(
    () => import("@/features/settings/members-section"),
    "MembersSection",
  ),
});

const memberKeysRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/member-keys",
  component: lazyRouteComponent(
    () => import("@/features/settings/member-keys-section"),
    "MemberKeysSection",
  ),
});

const toolServersRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/tool-servers",
  loader: () => loadStrings("mcp"),
  component: lazyRouteComponent(
    () => import("@/features/mcp/tool-servers-section"),
    "ToolServersSection",
  ),
});

const workflowsRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/workflows",
  loader: () => loadStrings("workflows"),
  component: lazyRouteComponent(
    () => import("@/features/workflows/workflows-section"),
    "WorkflowsSection",
  ),
});

const notificationsRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/notifications",
  loader: () => loadStrings("notifications"),
  component: lazyRouteComponent(
    () => import("@/features/notifications/mail-section"),
    "MailSection",
  ),
});

const preferencesRoute = createRoute({
  getParentRoute: () => settingsRoute,
  path: "/preferences",
  component: lazyRouteComponent(
    () => import("@/features/settings/preferences-section"),
    "PreferencesSection",
  ),
});

export const settingsRoutes = [
  settingsRoute.addChildren([
    indexRoute,
    profileRoute,
    sessionsRoute,
    keysRoute,
    programsRoute,
    providersRoute,
    routingRoute,
    aiRoute,
    approvalsRoute,
    membersRoute,
    memberKeysRoute,
    toolServersRoute,
    workflowsRoute,
    notificationsRoute,
    preferencesRoute,
  ]),
];
