import type { UseQueryResult } from "@tanstack/react-query";
import { ShieldCheck } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { EmptyState } from "@/ui/empty-state";
import { SegmentedControl } from "@/ui/segmented-control";
import { SkeletonRows } from "@/ui/skeleton";
import { compact, whole } from "../chat/numbers";
import { LoadProblem, Section } from "../settings/section";
import { everyDay } from "../usage/chart";
import { DayChart } from "../usage/day-chart";
import { byDay, byHost, bytes, type HostSum, type Measure } from "./ledger";
import type { Summary } from "./queries";

interface SumsSectionProps {
  query: UseQueryResult<Summary>;
  /** The days that are shown, both counted in. */
  from: string;
  to: string;
  onHost: (host: string) => void;
}

/** The last days by day and by host. */
export function SumsSection({ query, from, to, onHost }: SumsSectionProps) {
  const { t } = useTranslation("egress");
  const [measure, setMeasure] = useState<Measure>("requests");
  const { data } = query;
  return (
    <Section
      title={t("sums.title")}
      lead={t("sums.lead")}
      action={
        <SegmentedControl
          label={t("sums.measure")}
          value={measure}
          onChange={setMeasure}
          segments={[
            { value: "requests", label: t("sums.requests") },
            { value: "bytes_out", label: t("sums.sent") },
          ]}
        />
      }
    >
      {query.isPending && <SkeletonRows rows={5} />}
      {query.error && <LoadProblem error={query.error} onRetry={() => void query.refetch()} />}
      {data?.sums.length === 0 && (
        <EmptyState size="panel" icon={ShieldCheck} title={t("sums.emptyTitle")}>
          {t("sums.emptyBody")}
        </EmptyState>
      )}
      {data && data.sums.length > 0 && (
        <div className="flex flex-col gap-6">
          <DayChart
            title={t(measure === "requests" ? "sums.requestsByDay" : "sums.sentByDay")}
            measure={t(measure === "requests" ? "sums.requests" : "sums.sent")}
            days={everyDay(from, to, byDay(data.sums, measure))}
            format={measure === "requests" ? compact : bytes}
            whole
          />
          <Hosts hosts={byHost(data.sums)} onHost={onHost} />
          {data.cut && <p className="text-muted text-xs">{t("sums.cut")}</p>}
        </div>
      )}
    </Section>
  );
}

const cell = "py-2 text-right text-muted";

function Hosts({ hosts, onHost }: { hosts: readonly HostSum[]; onHost: (host: string) => void }) {
  const { t } = useTranslation("egress");
  const head = "pb-1.5 text-right font-medium";
  return (
    <table className="w-full table-fixed text-sm tabular-nums">
      <caption className="sr-only">{t("sums.hosts")}</caption>
      <thead>
        <tr className="text-left text-faint text-xs">
          <th scope="col" className="pb-1.5 font-medium">
            {t("sums.host")}
          </th>
          <th scope="col" className={`${head} w-18 md:w-24`}>
            {t("sums.requests")}
          </th>
          <th scope="col" className={`${head} hidden w-28 md:table-cell`}>
            {t("sums.notWell")}
          </th>
          <th scope="col" className={`${head} w-18 md:w-24`}>
            {t("sums.sent")}
          </th>
          <th scope="col" className={`${head} hidden w-24 md:table-cell`}>
            {t("sums.received")}
          </th>
        </tr>
      </thead>
      <tbody>
        {hosts.map((host) => (
          <tr key={host.host} className="border-t">
            <th scope="row" className="truncate py-2 text-left font-medium">
              <button
                type="button"
                title={t("sums.only", { host: host.host })}
                onClick={() => onHost(host.host)}
                className="max-w-full truncate rounded-xs underline decoration-line underline-offset-3 hover:decoration-current touch:min-h-11"
              >
                {host.host}
              </button>
            </th>
            <td className={cell}>{whole(host.requests)}</td>
            <td className={`${cell} hidden md:table-cell`}>
              {t("sums.badly", { failed: whole(host.failed), refused: whole(host.refused) })}
            </td>
            <td className="py-2 text-right">{bytes(host.bytes_out)}</td>
            <td className={`${cell} hidden md:table-cell`}>{bytes(host.bytes_in)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
