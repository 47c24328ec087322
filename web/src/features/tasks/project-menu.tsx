import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Archive, Ellipsis, Pencil } from "lucide-react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
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

/** What can be done with a project from the navigation. */
export function ProjectMenu({ project, onEdit }: { project: Project; onEdit: () => void }) {
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
          className="absolute top-1 right-1 opacity-0 focus-visible:opacity-100 group-hover/project:opacity-100 data-[state=open]:opacity-100 touch:top-0 touch:right-0 touch:opacity-100"
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
