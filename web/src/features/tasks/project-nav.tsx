import { Plus } from "lucide-react";
import { Suspense, useState } from "react";
import { NavLink } from "@/app/shell/nav-link";
import { loadStrings } from "@/lib/i18n/i18n";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { ColorDot } from "@/ui/badge";
import { QuietIconButton } from "@/ui/quiet-icon-button";
import type { Project } from "./model";
import { useProjects } from "./queries";
import { useTaskCommands } from "./use-task-commands";

const ProjectMenu = lazyPart(() => import("./project-menu"), "ProjectMenu");
const ProjectDialog = lazyPart(() => import("./project-dialog"), "ProjectDialog");

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
          <li
            key={project.id}
            className="group/project relative focus-within:[&>a]:pr-8 hover:[&>a]:pr-8 touch:[&>a]:pr-11"
          >
            <NavLink
              to="/p/$project"
              params={{ project: project.id }}
              lead={<ColorDot color={project.color} size={9} />}
            >
              {project.name}
            </NavLink>
            <Suspense fallback={null}>
              <ProjectMenu project={project} onEdit={() => setEditing(project)} />
            </Suspense>
          </li>
        ))}
      </ul>
      {editing && (
        <Suspense fallback={null}>
          <ProjectDialog
            project={editing === "new" ? null : editing}
            onClose={() => setEditing(null)}
          />
        </Suspense>
      )}
    </section>
  );
}
