import { useQuery } from "@tanstack/react-query";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useManages } from "@/lib/session/role";
import { useProjects } from "../tasks/queries";
import type { Budget } from "./forecast";
import { useNames } from "./model";

const MEMBER_KEYS = "/api/v1/member-keys";
const RUN = "/api/v1/runs/{run_id}";
const MOST_KEYS = 100;

type Subject = Pick<Budget, "subject_kind" | "subject_id">;

/** The name of somebody else's key, for administrators. */
function useMemberKeyName(id: string | null): string | undefined {
  const keys = useQuery({
    queryKey: ["usage", "member-keys"],
    queryFn: ({ signal }) =>
      bodyOf(client.GET(MEMBER_KEYS, { params: { query: { limit: MOST_KEYS } }, signal })),
    enabled: id !== null,
  });
  return keys.data?.items.find((key) => key.id === id)?.name;
}

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
export function useSubject({ subject_kind: kind, subject_id: id }: Subject): string {
  const { t } = useTranslation("usage");
  const manages = useManages();
  const names = useNames();
  const projects = useProjects();
  const end = id?.slice(-4) ?? "";
  const known = names.get(id ?? "");
  const key = useMemberKeyName(kind === "key" && manages && known === undefined ? id : null);
  const goal = useGoal(kind === "run" ? id : null);
  if (kind === "workspace") return t("budgets.for.workspace");
  if (kind === "user") return known ?? t("where.someone");
  if (kind === "key") return known ?? key ?? t("where.someKey", { end });
  if (kind === "run") {
    return goal ? t("budgets.for.run", { name: goal }) : t("where.someRun", { end });
  }
  const name = projects.find((project) => project.id === id)?.name;
  return name ? t("budgets.for.project", { name }) : t("where.someProject", { end });
}
