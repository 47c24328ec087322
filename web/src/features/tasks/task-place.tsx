import { Link } from "@tanstack/react-router";
import { ChevronRight, Inbox } from "lucide-react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { ColorDot } from "@/ui/badge";
import type { Task } from "./model";
import { useProjects, useTaskTitle } from "./queries";

const LINK =
  "flex h-7 min-w-0 items-center gap-2 rounded-sm px-2 text-muted text-sm hover:bg-hover hover:text-ink touch:h-11";

/** Where a task belongs, as the way there: its project or the inbox, then the task it is a part of. */
export function TaskPlace({ task }: { task: Task }) {
  const { t } = useTranslation("tasks");
  const project = useProjects().find((each) => each.id === task.project_id);
  return (
    <nav aria-label={t("detail.place")} className="-ml-2 flex min-w-0 flex-1 items-center">
      {task.project_id ? (
        <Link to="/p/$project" params={{ project: task.project_id }} className={LINK}>
          <ColorDot color={project?.color ?? null} size={9} />
          <span className="truncate">{project?.name ?? t("project.title")}</span>
        </Link>
      ) : (
        <Link to="/inbox" className={LINK}>
          <Inbox aria-hidden size={15} className="shrink-0" />
          {t("inbox.title")}
        </Link>
      )}
      {task.parent_id && <Parent id={task.parent_id} />}
    </nav>
  );
}

function Parent({ id }: { id: string }) {
  const title = useTaskTitle(id);
  if (!title) return null;
  return (
    <>
      <ChevronRight aria-hidden size={14} className="shrink-0 text-faint" />
      <Link to="/task/$id" params={{ id }} className={LINK}>
        <span className="truncate">{title}</span>
      </Link>
    </>
  );
}
