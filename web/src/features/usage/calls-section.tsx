import { History, SearchX } from "lucide-react";
import { Suspense, useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { SkeletonRows } from "@/ui/skeleton";
import { compact, dollars, seconds } from "../chat/numbers";
import { LoadProblem, Section } from "../settings/section";
import { ago } from "../settings/when";
import { type CallFilter, isFiltered } from "./call-filter";
import { CallFilters } from "./call-filters";
import { CallState, exactly, useFault, usePurpose } from "./call-state";
import { type Call, isKept, tokensOf, useCalls } from "./model";

const CallDetail = lazyPart(() => import("./call-detail"), "CallDetail");

/** One call; an answer that was kept says so, and has no tokens to tell of. */
export function CallRow({ call, onOpen }: { call: Call; onOpen: () => void }) {
  const { t } = useTranslation("usage");
  const purpose = usePurpose();
  const faultOf = useFault();
  const facts = [
    purpose(call.purpose),
    isKept(call)
      ? t("calls.keptFact")
      : t("calls.tokens", { count: tokensOf(call), tokens: compact(tokensOf(call)) }),
    seconds(call.duration_ms),
  ];
  return (
    <li className="relative -mx-2 rounded-sm border-t px-2 py-2.5 first:border-t-0 hover:bg-hover">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
        <button
          type="button"
          onClick={onOpen}
          // The whole row can be clicked, and the row has one name and one stop.
          className="min-w-0 truncate font-medium after:absolute after:inset-0"
          aria-haspopup="dialog"
        >
          {call.model}
        </button>
        <CallState status={call.status} />
        {isKept(call) && <Badge tone="accent">{t("calls.kept")}</Badge>}
        {call.simulated && <Badge tone="warn">{t("calls.simulated")}</Badge>}
        <span className="ml-auto tabular-nums">
          {call.cost_usd === null ? t("calls.unknownCost") : dollars(call.cost_usd)}
        </span>
      </div>
      <p className="mt-0.5 text-muted text-xs tabular-nums">
        <time dateTime={call.at} title={exactly(call.at)}>
          {ago(call.at)}
        </time>
        {facts.map((fact) => ` · ${fact}`)}
      </p>
      {call.error_code && (
        <p className="mt-0.5 break-words text-danger-ink text-xs">
          {faultOf(call.error_code) ?? call.error_code}
        </p>
      )}
      {call.route_sentence && (
        <p className="mt-0.5 text-pretty break-words text-muted text-xs">{call.route_sentence}</p>
      )}
    </li>
  );
}

/** Single calls, newest first; new ones come by themselves. */
export function CallsSection({ everyone }: { everyone: boolean }) {
  const { t } = useTranslation("usage");
  const [filter, setFilter] = useState<CallFilter>({});
  const [opened, setOpened] = useState<Call | null>(null);
  const calls = useCalls(filter);
  const none = calls.data?.length === 0;
  const filtered = isFiltered(filter);
  return (
    <Section title={t("calls.title")} lead={t("calls.lead")}>
      {(filtered || !none) && (
        <CallFilters filter={filter} everyone={everyone} onChange={setFilter} />
      )}
      {calls.isPending && <SkeletonRows rows={4} />}
      {calls.error && <LoadProblem error={calls.error} onRetry={() => void calls.refetch()} />}
      {none && !filtered && (
        <EmptyState size="panel" icon={History} title={t("calls.emptyTitle")}>
          {t("calls.emptyBody")}
        </EmptyState>
      )}
      {none && filtered && (
        <EmptyState size="panel" icon={SearchX} title={t("filters.noneTitle")}>
          {t("filters.noneBody")}
        </EmptyState>
      )}
      {calls.data && calls.data.length > 0 && (
        <ul aria-label={t("calls.list")}>
          {calls.data.map((call) => (
            <CallRow key={call.id} call={call} onOpen={() => setOpened(call)} />
          ))}
        </ul>
      )}
      {calls.hasNextPage && (
        <Button
          className="mt-2"
          loading={calls.isFetchingNextPage}
          onClick={() => void calls.fetchNextPage()}
        >
          {t("calls.more")}
        </Button>
      )}
      {opened && (
        <Suspense fallback={null}>
          <CallDetail call={opened} onClose={() => setOpened(null)} />
        </Suspense>
      )}
    </Section>
  );
}
