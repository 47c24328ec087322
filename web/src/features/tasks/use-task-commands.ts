import { useNavigate } from "@tanstack/react-router";
import { Folder, FolderPlus, Plus } from "lucide-react";
import { useMemo } from "react";
import { type Command, useCommands } from "@/lib/commands";
import { useTranslation } from "@/lib/i18n/use-translation";
import type { Project } from "./model";
import { focusQuickAdd } from "./quick-add-focus";

/** What the palette offers about tasks and projects. */
export function useTaskCommands(projects: readonly Project[], onNewProject: () => void): void {
  const { t } = useTranslation("tasks");
  const navigate = useNavigate();
  const names = projects.map((project) => `${project.id} ${project.name}`).join("\n");
  const commands = useMemo(
    (): Command[] => [
      {
        id: "tasks.quick",
        title: t("quick.shortcut"),
        section: t("section"),
        icon: Plus,
        keys: "q",
        run: () => {
          if (!focusQuickAdd()) void navigate({ to: "/inbox" });
        },
      },
      {
        id: "projects.new",
        title: t("project.add"),
        section: t("section"),
        icon: FolderPlus,
        run: onNewProject,
      },
      ...projects.map((project) => ({
        id: `projects.open.${project.id}`,
        title: project.name,
        section: t("project.heading"),
        icon: Folder,
        run: () => void navigate({ to: "/p/$project", params: { project: project.id } }),
      })),
    ],
    // Projects are a new list at each fetch; their names say whether anything changed.
    // oxlint-disable-next-line react/exhaustive-deps
    [names, t, navigate],
  );
  useCommands(commands);
}
