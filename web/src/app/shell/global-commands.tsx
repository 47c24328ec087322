import { useNavigate } from "@tanstack/react-router";
import { Keyboard, LogOut, Moon, PanelRight, ShieldCheck, Sun } from "lucide-react";
import { useMemo } from "react";
import { focusQuickAdd } from "@/features/tasks/quick-add-focus";
import { type Command, openPalette, useCommands } from "@/lib/commands";
import { useTranslation } from "@/lib/i18n/use-translation";
import { setPreference, usePreferences } from "@/lib/preferences";
import { useManages } from "@/lib/session/role";
import { signOut } from "@/lib/session/session";
import { useShortcut } from "@/lib/shortcuts";
import { chooseTheme, useTheme } from "@/lib/theme";
import { DESTINATIONS, type Destination } from "./destinations";
import { openShortcutSheet } from "./shortcut-sheet-state";

function toggleChatPane(): void {
  setPreference("chatPane", !usePreferences.getState().chatPane);
}

function toggleTheme(): void {
  chooseTheme(useTheme.getState().dark ? "light" : "dark");
}

function GoTo({ to, label, keys }: Destination) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  useShortcut({
    keys,
    label: t(label),
    section: t("shortcuts.navigation"),
    run: () => void navigate({ to }),
  });
  return null;
}

/** The commands and shortcuts that work on every page. */
export function GlobalCommands() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const manages = useManages();
  const dark = useTheme((state) => state.dark);
  const general = t("shortcuts.general");
  useShortcut({
    keys: "mod+k",
    label: t("palette.title"),
    section: general,
    run: openPalette,
    everywhere: true,
  });
  useShortcut({ keys: "?", label: t("shortcuts.title"), section: general, run: openShortcutSheet });
  // Here and not with the rest of tasks, which is fetched later: the line that shows the key is there at once.
  useShortcut({
    keys: "q",
    label: t("shortcuts.addTask"),
    section: t("shortcuts.tasks"),
    run: () => {
      if (!focusQuickAdd()) void navigate({ to: "/inbox" });
    },
  });
  useShortcut({
    keys: "mod+.",
    label: t("commands.toggleChat"),
    section: general,
    run: toggleChatPane,
    everywhere: true,
  });
  const commands = useMemo<Command[]>(
    () => [
      ...DESTINATIONS.map(({ to, label, icon, keys }) => ({
        id: `go${to}`,
        title: t("commands.goTo", { place: t(label) }),
        section: t("shortcuts.navigation"),
        icon,
        keys,
        run: () => void navigate({ to }),
      })),
      ...(manages
        ? [
            {
              id: "go/egress",
              title: t("commands.egress"),
              section: t("shortcuts.navigation"),
              icon: ShieldCheck,
              run: () => void navigate({ to: "/egress" }),
            },
          ]
        : []),
      {
        id: "theme.toggle",
        title: dark ? t("commands.light") : t("commands.dark"),
        section: general,
        icon: dark ? Sun : Moon,
        keywords: [t("theme.label")],
        run: toggleTheme,
      },
      {
        id: "chat.toggle",
        title: t("commands.toggleChat"),
        section: general,
        icon: PanelRight,
        keys: "mod+.",
        run: toggleChatPane,
      },
      {
        id: "shortcuts.show",
        title: t("shortcuts.title"),
        section: general,
        icon: Keyboard,
        keys: "?",
        run: openShortcutSheet,
      },
      {
        id: "account.signOut",
        title: t("account.signOut"),
        section: general,
        icon: LogOut,
        run: () => void signOut(),
      },
    ],
    [t, navigate, dark, general, manages],
  );
  useCommands(commands);
  return DESTINATIONS.map((destination) => <GoTo key={destination.to} {...destination} />);
}
