import { useQuery } from "@tanstack/react-query";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useProjects } from "../tasks/queries";
import type { Budget } from "./forecast";

const RUN = "/api/v1/runs/{run_id}";

type Subject = Pick<Budget, "subject_kind" | "subject_id" | "subject_name">;

/** What a run is to do; undefined for one that the caller may not see. */
function useGoal(id: string | null): string | undefined {
  const run = useQuery({
    queryKey: ["usage", "run", id],
    queryFn: ({ signal }) =>
      bodyOf(client.GET(RUN, { params: { path: { run_id: id ?? "" } }, signal })),
    enabled: id !== null,
    retry: false,
  });
  return run.data?.goal;
}

/** Whom a budget is for, by name where the caller can know it. */
export function useSubject(subject: Subject): string {
  const { subject_kind: kind, subject_id: id, subject_name: known } = subject;
  const { t } = useTranslation("usage");
  const projects = useProjects();
  const end = id?.slice(-4) ?? "";
  const goal = useGoal(kind === "run" ? id : null);
  if (kind === "workspace") return t("budgets.for.workspace");
  if (kind === "user") return known ?? t("where.someone");
  if (kind === "key") {
    return known ? t("budgets.for.key", { name: known }) : t("where.someKey", { end });
  }
  if (kind === "run") {
    return goal ? t("budgets.for.run", { name: goal }) : t("where.someRun", { end });
  }
  const name = projects.find((project) => project.id === id)?.name;
  return name ? t("budgets.for.project", { name }) : t("where.someProject", { end });
}
