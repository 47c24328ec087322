import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { Page } from "@/app/shell/page";
import { useTask } from "./queries";
import { TaskDetail } from "./task-detail";

const route = getRouteApi("/app/task/$id");

/** A task by its own address. */
export function TaskPage() {
  const { t } = useTranslation("tasks");
  const { id } = route.useParams();
  const navigate = useNavigate();
  const { data } = useTask(id);
  return (
    <Page title={data?.title ?? t("detail.title")} heading={<span className="flex-1" />}>
      <div className="mx-auto max-w-[640px] px-2 py-2">
        <TaskDetail key={id} id={id} onGone={() => void navigate({ to: "/today" })} />
      </div>
    </Page>
  );
}
