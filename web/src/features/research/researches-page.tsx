import { Link } from "@tanstack/react-router";
import { Plus, Telescope } from "lucide-react";
import { useState } from "react";
import { Page } from "@/app/shell/page";
import { dollars } from "@/features/chat/numbers";
import { LoadProblem } from "@/features/settings/section";
import { ago } from "@/features/settings/when";
import { exactly } from "@/features/usage/call-state";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useShortcut } from "@/lib/shortcuts";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { SkeletonRows } from "@/ui/skeleton";
import type { Research } from "./model";
import { NewResearchDialog } from "./new-research-dialog";
import { useLiveResearch, useMayResearch, useResearches, useResearchStatus } from "./queries";
import { Refused } from "./refused";
import { StateBadge } from "./state-badge";

/** All questions that the person has asked of the web. */
export function ResearchesPage() {
  const { t } = useTranslation("research");
  const [asking, setAsking] = useState(false);
  const may = useMayResearch();
  const status = useResearchStatus();
  const list = useResearches();
  useLiveResearch();
  const isReady = status.data?.is_ready === true;
  const begin = () => isReady && setAsking(true);
  useShortcut({ keys: "n", label: t("new"), section: t("section"), run: begin });
  const button = isReady && (
    <Button variant="primary" icon={Plus} onClick={begin}>
      {t("new")}
    </Button>
  );
  const error = status.error ?? list.error;
  const none = list.data !== undefined && list.items.length === 0;
  return (
    <Page title={t("title")} actions={button}>
      {!may && <Banner>{t("notYours")}</Banner>}
      {may && (status.isPending || list.isPending) && !error && <SkeletonRows rows={5} />}
      {error && (
        <LoadProblem
          error={error}
          onRetry={() => void Promise.all([status.refetch(), list.refetch()])}
        />
      )}
      {status.data?.is_ready === false && <Refused />}
      {none && isReady && (
        <EmptyState icon={Telescope} title={t("emptyTitle")} action={button}>
          {t("emptyBody")}
        </EmptyState>
      )}
      {list.items.length > 0 && (
        <ul aria-label={t("list")} className="mt-1">
          {list.items.map((research) => (
            <ResearchRow key={research.id} research={research} />
          ))}
        </ul>
      )}
      {list.hasNextPage && (
        <Button
          className="mt-2"
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {t("more")}
        </Button>
      )}
      {asking && <NewResearchDialog onClose={() => setAsking(false)} />}
    </Page>
  );
}

function ResearchRow({ research }: { research: Research }) {
  const { t } = useTranslation("research");
  const { id, question, depth, state, stage, pages_read: read, spent, created_at: at } = research;
  const facts = [
    t(`depth.${depth}`),
    state === "running" ? t(`stage.${stage}`) : t("facts.pages", { count: read }),
    dollars(spent.cost_usd),
  ];
  return (
    <li className="relative -mx-2 rounded-sm border-t px-2 py-2.5 first:border-t-0 hover:bg-hover">
      <div className="flex items-center gap-2">
        <Link
          to="/research/$id"
          params={{ id }}
          className="min-w-0 flex-1 truncate font-medium text-sm after:absolute after:inset-0"
        >
          {question.split("\n", 1)[0]}
        </Link>
        <StateBadge state={state} />
      </div>
      <p className="mt-0.5 text-muted text-xs tabular-nums">
        <time dateTime={at} title={exactly(at)}>
          {ago(at)}
        </time>
        {` · ${facts.join(" · ")}`}
      </p>
      {research.detail && state === "failed" && (
        <p className="mt-0.5 truncate text-danger-ink text-xs">{research.detail}</p>
      )}
    </li>
  );
}
