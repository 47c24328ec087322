import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Page } from "@/app/shell/page";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useTask } from "./queries";
import { TaskDetail } from "./task-detail";
import { TaskPlace } from "./task-place";
import { TaskSheetSlot } from "./task-sheet-slot";

const route = getRouteApi("/app/task/$id");

/** A task by its own address. */
export function TaskPage() {
  const { t } = useTranslation("tasks");
  const { id } = route.useParams();
  const navigate = useNavigate();
  const { data } = useTask(id);
  return (
    <Page
      title={data?.title ?? t("detail.title")}
      heading={
        <>
          <h1 className="sr-only">{data?.title ?? t("detail.title")}</h1>
          {data && <TaskPlace task={data} />}
        </>
      }
    >
      <div className="mx-auto max-w-[640px] py-2">
        <TaskDetail key={id} id={id} onGone={() => void navigate({ to: "/today" })} />
      </div>
      <TaskSheetSlot />
    </Page>
  );
}
