import { History } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Badge, type Tone } from "@/ui/badge";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { SkeletonRows } from "@/ui/skeleton";
import { compact, dollars, seconds } from "../chat/numbers";
import { LoadProblem, Section } from "../settings/section";
import { ago } from "../settings/when";
import { type Call, tokensOf, useCalls } from "./model";

const PURPOSES = ["chat", "title", "gateway"] as const;

const STATES = {
  ok: { tone: "ok", label: "calls.ok" },
  failed: { tone: "danger", label: "calls.failed" },
  cancelled: { tone: "neutral", label: "calls.cancelled" },
} as const satisfies Record<string, { tone: Tone; label: string }>;

const MOMENT = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "medium" });

function isKnown(status: string): status is keyof typeof STATES {
  return status in STATES;
}

function CallState({ status }: { status: string }) {
  const { t } = useTranslation("usage");
  if (!isKnown(status)) return <Badge>{status}</Badge>;
  return <Badge tone={STATES[status].tone}>{t(STATES[status].label)}</Badge>;
}

function CallRow({ call }: { call: Call }) {
  const { t } = useTranslation("usage");
  const purpose = PURPOSES.find((known) => known === call.purpose);
  const facts = [
    purpose ? t(`calls.purposes.${purpose}`) : call.purpose,
    t("calls.tokens", { tokens: compact(tokensOf(call)) }),
    seconds(call.duration_ms),
  ];
  return (
    <li className="border-t py-2.5 first:border-t-0 first:pt-0">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
        <span className="min-w-0 truncate font-medium">{call.model}</span>
        <CallState status={call.status} />
        {call.simulated && <Badge tone="warn">{t("calls.simulated")}</Badge>}
        <span className="ml-auto tabular-nums">
          {call.cost_usd === null ? t("calls.unknownCost") : dollars(call.cost_usd)}
        </span>
      </div>
      <p className="mt-0.5 text-muted text-xs tabular-nums">
        <time dateTime={call.at} title={MOMENT.format(new Date(call.at))}>
          {ago(call.at)}
        </time>
        {facts.map((fact) => ` · ${fact}`)}
      </p>
      {call.route_sentence && (
        <p className="mt-0.5 text-pretty break-words text-faint text-xs">{call.route_sentence}</p>
      )}
    </li>
  );
}

/** Single calls, newest first; new ones come by themselves. */
export function CallsSection() {
  const { t } = useTranslation("usage");
  const calls = useCalls();
  return (
    <Section title={t("calls.title")} lead={t("calls.lead")}>
      {calls.isPending && <SkeletonRows rows={4} />}
      {calls.error && <LoadProblem error={calls.error} onRetry={() => void calls.refetch()} />}
      {calls.data?.length === 0 && (
        <EmptyState size="panel" icon={History} title={t("calls.emptyTitle")}>
          {t("calls.emptyBody")}
        </EmptyState>
      )}
      {calls.data && calls.data.length > 0 && (
        <ul aria-label={t("calls.list")}>
          {calls.data.map((call) => (
            <CallRow key={call.id} call={call} />
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
    </Section>
  );
}
