import { useNavigate } from "@tanstack/react-router";
import { loadStrings } from "@/lib/i18n/i18n";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useShortcut } from "@/lib/shortcuts";
import { focusQuickAdd } from "./quick-add-focus";
import { useLiveTasks } from "./use-live-tasks";

// It stands on every page, also on those that load other strings.
void loadStrings("tasks");

/** What tasks need on every page, desktop or phone: live updates, and a key that adds a task. */
export function TaskBackground() {
  const { t } = useTranslation("tasks");
  const navigate = useNavigate();
  useLiveTasks();
  useShortcut({
    keys: "q",
    label: t("quick.shortcut"),
    section: t("section"),
    run: () => {
      if (!focusQuickAdd()) void navigate({ to: "/inbox" });
    },
  });
  return null;
}
