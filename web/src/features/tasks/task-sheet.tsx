import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Maximize2, X } from "lucide-react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { buttonClass } from "@/ui/button";
import { IconButton } from "@/ui/icon-button";
import { Sheet } from "@/ui/sheet";
import { useTask } from "./queries";
import { TaskDetail } from "./task-detail";
import { TaskPlace } from "./task-place";

/** The task that `?task=` names, beside the list it was opened from. */
export function TaskSheet() {
  const { t } = useTranslation("tasks");
  const search: { task?: string } = useSearch({ strict: false });
  const navigate = useNavigate();
  const close = () =>
    void navigate({
      to: ".",
      search: ({ task: _closed, ...rest }: Record<string, unknown>) => rest,
    });
  return (
    <Sheet
      open={search.task !== undefined}
      onOpenChange={(open) => !open && close()}
      title={t("detail.title")}
    >
      <header className="flex h-12 shrink-0 items-center justify-end gap-1 pr-3 pl-5">
        {search.task && <Place id={search.task} />}
        {search.task && (
          <Link
            to="/task/$id"
            params={{ id: search.task }}
            className={buttonClass("ghost", "sm")}
            aria-label={t("detail.open")}
          >
            <Maximize2 aria-hidden size={15} />
          </Link>
        )}
        <IconButton icon={X} label={t("detail.close")} onClick={close} />
      </header>
      <div className="min-h-0 flex-1 overflow-y-auto px-5 pb-6">
        {search.task && <TaskDetail key={search.task} id={search.task} onGone={close} />}
      </div>
    </Sheet>
  );
}

function Place({ id }: { id: string }) {
  const { data } = useTask(id);
  return data ? <TaskPlace task={data} /> : null;
}
