import { useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { SegmentedControl } from "@/ui/segmented-control";
import { SkeletonRows } from "@/ui/skeleton";
import { compact, whole } from "../chat/numbers";
import { LoadProblem, Section } from "../settings/section";
import { useProjects } from "../tasks/queries";
import { tokensOf, useNames, useUsage } from "./model";
import { costOf, MOST_ROWS } from "./where";

const GROUPS = ["model", "provider", "user", "api_key", "project", "run"] as const;
type By = (typeof GROUPS)[number];

function useGroupName(by: By): (group: string) => string {
  const { t } = useTranslation("usage");
  const names = useNames();
  const projects = useProjects();
  return (group) => {
    if (by === "user") return names.get(group) ?? t("where.someone");
    if (by === "run")
      return group ? t("where.someRun", { end: group.slice(-4) }) : t("where.noRun");
    if (by === "project") {
      if (group === "") return t("where.noProject");
      const project = projects.find(({ id }) => id === group);
      return project?.name ?? t("where.someProject", { end: group.slice(-4) });
    }
    if (by !== "api_key") return group || "–";
    if (group === "") return t("where.noKey");
    return names.get(group) ?? t("where.someKey", { end: group.slice(-4) });
  };
}

/** The same 30 days by what or who used them, the dearest first. */
export function WhereSection() {
  const { t } = useTranslation("usage");
  const [by, setBy] = useState<By>("model");
  const usage = useUsage(by);
  const nameOf = useGroupName(by);
  const rows = usage.data?.items.toSorted(
    (a, b) => b.cost_usd - a.cost_usd || tokensOf(b) - tokensOf(a),
  );
  return (
    <Section title={t("where.title")}>
      <SegmentedControl
        label={t("where.by")}
        value={by}
        onChange={setBy}
        segments={GROUPS.map((value) => ({ value, label: t(`where.${value}`) }))}
        className="mb-3 max-sm:grid max-sm:grid-cols-3"
      />
      {usage.isPending && <SkeletonRows rows={3} />}
      {usage.error && <LoadProblem error={usage.error} onRetry={() => void usage.refetch()} />}
      {rows?.length === 0 && <p className="text-muted text-sm">{t("where.none")}</p>}
      {rows && rows.length > 0 && (
        <table className="w-full table-fixed text-sm tabular-nums">
          <thead>
            <tr className="text-left text-faint text-xs">
              <th scope="col" className="pb-1.5 font-medium">
                {t(`where.${by}`)}
              </th>
              <th scope="col" className="w-14 pb-1.5 text-right font-medium md:w-24">
                {t("where.calls")}
              </th>
              <th scope="col" className="w-18 pb-1.5 text-right font-medium md:w-28">
                {t("where.tokens")}
              </th>
              <th scope="col" className="w-20 pb-1.5 text-right font-medium md:w-28">
                {t("where.cost")}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.slice(0, MOST_ROWS).map((row) => (
              <tr key={row.group} className="border-t">
                <th scope="row" className="wrap-anywhere py-2 pr-2 text-left font-medium">
                  {nameOf(row.group)}
                </th>
                <td className="py-2 text-right text-muted">{whole(row.calls)}</td>
                <td className="py-2 text-right text-muted">{compact(tokensOf(row))}</td>
                <td className="py-2 text-right">{costOf(row) ?? t("where.unknown")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {rows && rows.length > MOST_ROWS && (
        <p className="mt-2 text-muted text-xs">
          {t("where.more", { count: rows.length - MOST_ROWS })}
        </p>
      )}
    </Section>
  );
}
