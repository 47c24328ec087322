import { SearchX, ShieldCheck } from "lucide-react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Combobox } from "@/ui/combobox";
import type { Named } from "@/ui/combobox-match";
import { EmptyState } from "@/ui/empty-state";
import { Select } from "@/ui/select";
import { SkeletonRows } from "@/ui/skeleton";
import { seconds } from "../chat/numbers";
import { LoadProblem, Section } from "../settings/section";
import { ago } from "../settings/when";
import { exactly } from "../usage/call-state";
import { useNames, usePeopleAndKeys } from "../usage/model";
import {
  byHost,
  bytes,
  type EgressFilter,
  type Entry,
  OUTCOMES,
  outcomeOf,
  type Sum,
  toneOf,
} from "./ledger";
import { useEgress } from "./queries";

interface EntriesSectionProps {
  filter: EgressFilter;
  onFilter: (filter: EgressFilter) => void;
  sums: readonly Sum[];
}

/** Single requests, newest first, narrowed by host, ending and person. */
export function EntriesSection({ filter, onFilter, sums }: EntriesSectionProps) {
  const { t } = useTranslation("egress");
  const entries = useEgress(filter);
  const names = useNames();
  const none = entries.data?.length === 0;
  const filtered = Object.keys(filter).length > 0;
  return (
    <Section title={t("entries.title")} lead={t("entries.lead")}>
      {(filtered || !none) && <Filters filter={filter} onFilter={onFilter} sums={sums} />}
      {entries.isPending && <SkeletonRows rows={5} />}
      {entries.error && (
        <LoadProblem error={entries.error} onRetry={() => void entries.refetch()} />
      )}
      {none && (
        <EmptyState
          size="panel"
          icon={filtered ? SearchX : ShieldCheck}
          title={t(filtered ? "entries.noneTitle" : "entries.emptyTitle")}
        >
          {t(filtered ? "entries.noneBody" : "entries.emptyBody")}
        </EmptyState>
      )}
      {entries.data && entries.data.length > 0 && (
        <ul aria-label={t("entries.list")}>
          {entries.data.map((entry) => (
            <EntryRow
              key={entry.id}
              entry={entry}
              who={
                entry.user_id === null
                  ? t("entries.nobody")
                  : (names.get(entry.user_id) ?? t("entries.someone"))
              }
            />
          ))}
        </ul>
      )}
      {entries.hasNextPage && (
        <Button
          className="mt-2"
          loading={entries.isFetchingNextPage}
          onClick={() => void entries.fetchNextPage()}
        >
          {t("entries.more")}
        </Button>
      )}
    </Section>
  );
}

/** Radix knows no empty value. */
const ANY = "any";

const WIDTH = "!w-auto min-w-28 max-w-56 max-sm:max-w-none max-sm:flex-1";

function Filters({ filter, onFilter, sums }: EntriesSectionProps) {
  const { t } = useTranslation("egress");
  const { people } = usePeopleAndKeys();
  const found: Record<"host" | "user_id", Named[]> = {
    host: byHost(sums).map(({ host }) => ({ value: host, label: host })),
    user_id: people.map(({ id, name, hint }) => ({ value: id, label: name, hint })),
  };
  function narrow(part: keyof EgressFilter, value: string): void {
    const { [part]: _, ...rest } = filter;
    onFilter(value === ANY ? rest : { ...rest, [part]: value });
  }
  const search = (part: keyof typeof found) => (
    <Combobox
      aria-label={t(`filters.${part}`)}
      label={t(`filters.${part}`)}
      placeholder={t(`filters.any.${part}`)}
      value={filter[part] ?? ANY}
      onChange={(value) => narrow(part, value)}
      options={[{ value: ANY, label: t(`filters.any.${part}`) }, ...found[part]]}
      className={WIDTH}
    />
  );
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      {search("host")}
      <Select
        aria-label={t("filters.outcome")}
        value={filter.outcome ?? ANY}
        onChange={(value) => narrow("outcome", value)}
        options={[
          { value: ANY, label: t("filters.any.outcome") },
          ...OUTCOMES.map((value) => ({ value, label: t(`outcomes.${value}`) })),
        ]}
        className={WIDTH}
      />
      {search("user_id")}
      {Object.keys(filter).length > 0 && (
        <Button size="sm" variant="ghost" onClick={() => onFilter({})}>
          {t("filters.clear")}
        </Button>
      )}
    </div>
  );
}

function EntryRow({ entry, who }: { entry: Entry; who: string }) {
  const { t } = useTranslation("egress");
  const outcome = outcomeOf(entry);
  const facts = [
    entry.purpose,
    who,
    t("entries.sizes", { out: bytes(entry.bytes_out), in: bytes(entry.bytes_in) }),
    seconds(entry.duration_ms),
  ];
  return (
    <li className="border-t py-2.5 first:border-t-0 first:pt-0">
      <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
        <span className="min-w-0 break-all font-medium">
          {entry.method} {entry.host}
        </span>
        <Badge tone={toneOf(entry)}>{t(`outcomes.${outcome}`)}</Badge>
        {entry.status !== null && (
          <span className="text-muted text-xs tabular-nums">{entry.status}</span>
        )}
      </p>
      <p className="mt-0.5 text-pretty text-muted text-xs tabular-nums">
        <time dateTime={entry.at} title={exactly(entry.at)}>
          {ago(entry.at)}
        </time>
        {` · ${facts.join(" · ")}`}
      </p>
      <p className="mt-0.5 break-words text-muted text-xs">
        {t("entries.policy", { policy: entry.policy })}
        {outcome !== entry.outcome && ` · ${entry.outcome}`}
      </p>
    </li>
  );
}
