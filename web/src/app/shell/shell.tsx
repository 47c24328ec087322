import { QueryClientProvider } from "@tanstack/react-query";
import { Outlet, useMatchRoute } from "@tanstack/react-router";
import { Suspense, useEffect } from "react";
import { useTrayWanted } from "@/features/files/uploads/tray-state";
import { usePalette } from "@/lib/commands";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { PHONE, useMedia, WIDE } from "@/lib/media";
import { usePreferences } from "@/lib/preferences";
import { handleKey } from "@/lib/shortcuts";
import { startLive } from "@/lib/socket/live";
import { useOnceTrue } from "@/lib/use-once-true";
import { queryClient } from "../query";
import { BottomBar } from "./bottom-bar";
import { ConnectionBanner } from "./connection-banner";
import { GlobalCommands } from "./global-commands";
import { Navigation } from "./navigation";
import { RequireSession } from "./require-session";
import { useShortcutSheet } from "./shortcut-sheet-state";

const ChatPane = lazyPart(() => import("@/features/chat/chat-pane"), "ChatPane");
const TaskBackground = lazyPart(() => import("@/features/tasks/task-background"), "TaskBackground");
const UploadTray = lazyPart(() => import("@/features/files/uploads/upload-tray"), "UploadTray");
const CommandPalette = lazyPart(() => import("./command-palette"), "CommandPalette");
const Toaster = lazyPart(() => import("@/ui/toaster"), "Toaster");
const Tooltips = lazyPart(() => import("@/ui/tooltips"), "Tooltips");
const ShortcutSheet = lazyPart(() => import("./shortcut-sheet"), "ShortcutSheet");

function useKeyboard(): void {
  useEffect(() => {
    window.addEventListener("keydown", handleKey);
    return () => window.removeEventListener("keydown", handleKey);
  }, []);
}

/** The frame of the signed-in app: navigation, page, chat pane; on a phone a bar at the bottom. */
export function Shell() {
  useKeyboard();
  return (
    <QueryClientProvider client={queryClient}>
      <RequireSession>
        <Frame />
      </RequireSession>
    </QueryClientProvider>
  );
}

function Frame() {
  const { t } = useTranslation();
  const phone = useMedia(PHONE);
  useEffect(startLive, []);
  return (
    <div className="flex h-full flex-col bg-canvas">
      <a
        href="#main"
        className="-translate-y-16 absolute top-2 left-2 z-50 rounded-sm bg-accent px-3 py-2 font-medium text-on-accent text-sm focus:translate-y-0"
      >
        {t("skipToContent")}
      </a>
      <ConnectionBanner />
      <div className="flex min-h-0 flex-1">
        {!phone && <Navigation />}
        <div className="flex min-w-0 flex-1 gap-2 md:py-2 md:pr-2">
          <main
            id="main"
            tabIndex={-1}
            className="@container flex min-w-0 flex-1 flex-col overflow-hidden bg-surface md:rounded-lg md:border md:shadow-panel"
          >
            <Outlet />
          </main>
          <SidePane />
        </div>
      </div>
      {phone && <BottomBar />}
      <Overlays />
      <GlobalCommands />
      <Suspense fallback={null}>
        <TaskBackground />
      </Suspense>
      <Suspense fallback={null}>
        <Toaster label={t("notifications")} />
      </Suspense>
      <Suspense fallback={null}>
        <Tooltips />
      </Suspense>
    </div>
  );
}

/** Palette, shortcut sheet and uploads: fetched when first opened, kept from then on. */
function Overlays() {
  const tray = useTrayWanted((state) => state.wanted);
  const palette = useOnceTrue(usePalette((state) => state.open));
  const sheet = useOnceTrue(useShortcutSheet((state) => state.open));
  return (
    <Suspense fallback={null}>
      {palette && <CommandPalette />}
      {sheet && <ShortcutSheet />}
      {tray && <UploadTray />}
    </Suspense>
  );
}

function SidePane() {
  const { t } = useTranslation();
  const wide = useMedia(WIDE);
  const wanted = usePreferences((state) => state.chatPane);
  const onChatPage = useMatchRoute()({ to: "/chat", fuzzy: true });
  if (!wide || !wanted || onChatPage) return null;
  return (
    <aside
      aria-label={t("nav.chat")}
      className="flex w-(--chat-width) shrink-0 flex-col overflow-hidden rounded-lg border bg-surface shadow-panel"
    >
      <Suspense fallback={null}>
        <ChatPane />
      </Suspense>
    </aside>
  );
}
