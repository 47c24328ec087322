import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Archive, Ellipsis, Pencil, Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { NavLink } from "@/app/shell/nav-link";
import { toProblem } from "@/lib/api/problem";
import { loadStrings } from "@/lib/i18n/i18n";
import { ColorDot } from "@/ui/badge";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuTrigger,
} from "@/ui/dropdown-menu";
import { QuietIconButton } from "@/ui/quiet-icon-button";
import { toast } from "@/ui/toast";
import { keys, takeProject } from "./cache";
import { calls } from "./calls";
import type { Project } from "./model";
import { ProjectDialog } from "./project-dialog";
import { useProjects } from "./queries";
import { useTaskCommands } from "./use-task-commands";

// The navigation stands on every page, also on those that load other strings.
void loadStrings("tasks");

/** The projects in the navigation. */
export function ProjectNav() {
  const { t } = useTranslation("tasks");
  const projects = useProjects().filter((project) => !project.archived_at);
  const [editing, setEditing] = useState<Project | "new" | null>(null);
  useTaskCommands(projects, () => setEditing("new"));
  return (
    <section aria-label={t("project.heading")}>
      <div className="flex h-8 items-center justify-between pl-2">
        <h2 className="font-medium text-muted text-xs">{t("project.heading")}</h2>
        <QuietIconButton
          icon={Plus}
          size="sm"
          label={t("project.add")}
          onClick={() => setEditing("new")}
        />
      </div>
      <ul>
        {projects.map((project) => (
          <li key={project.id} className="group/project relative">
            <NavLink
              to="/p/$project"
              params={{ project: project.id }}
              lead={<ColorDot color={project.color} size={9} />}
            >
              {project.name}
            </NavLink>
            <ProjectMenu project={project} onEdit={() => setEditing(project)} />
          </li>
        ))}
      </ul>
      {editing && (
        <ProjectDialog
          project={editing === "new" ? null : editing}
          onClose={() => setEditing(null)}
        />
      )}
    </section>
  );
}

function ProjectMenu({ project, onEdit }: { project: Project; onEdit: () => void }) {
  const { t } = useTranslation("tasks");
  const queries = useQueryClient();
  const archive = useMutation({
    mutationFn: ({ version, archived }: { version: number; archived: boolean }) =>
      calls.changeProject(project.id, version, { archived }),
    onSuccess: (changed, { archived }) => {
      takeProject(queries, changed);
      void queries.invalidateQueries({ queryKey: keys.projects });
      if (!archived) return;
      toast.show(t("project.archivedToast", { name: changed.name }), {
        action: {
          label: t("project.undo"),
          onClick: () => archive.mutate({ version: changed.version, archived: false }),
        },
      });
    },
    onError: (error) => void toast.error(toProblem(error).message),
  });
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <QuietIconButton
          icon={Ellipsis}
          size="sm"
          label={t("project.menuOf", { name: project.name })}
          className="absolute top-1 right-1 bg-canvas opacity-0 focus-visible:opacity-100 group-hover/project:opacity-100 data-[state=open]:opacity-100 touch:opacity-100"
        />
      </DropdownMenuTrigger>
      <DropdownMenuContent>
        <DropdownMenuItem icon={Pencil} onSelect={onEdit}>
          {t("project.edit")}
        </DropdownMenuItem>
        <DropdownMenuItem
          icon={Archive}
          onSelect={() => archive.mutate({ version: project.version, archived: true })}
        >
          {t("project.archive")}
        </DropdownMenuItem>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
