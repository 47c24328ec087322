import { getRouteApi, Link } from "@tanstack/react-router";
import { Bot, CalendarClock, Plus, SearchX, Zap } from "lucide-react";
import { Suspense, useState } from "react";
import { Page } from "@/app/shell/page";
import { dollars } from "@/features/chat/numbers";
import { LoadProblem } from "@/features/settings/section";
import { ago } from "@/features/settings/when";
import { exactly } from "@/features/usage/call-state";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { useRole } from "@/lib/session/role";
import { useShortcut } from "@/lib/shortcuts";
import { Badge } from "@/ui/badge";
import { Button, buttonClass } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { SegmentedControl } from "@/ui/segmented-control";
import { SkeletonRows } from "@/ui/skeleton";
import { FILTERS, type Run, type RunFilter } from "./model";
import { useLiveRuns, useRuns } from "./queries";
import { StateBadge } from "./state-badge";

const route = getRouteApi("/app/runs");
const NewRunDialog = lazyPart(() => import("./new-run-dialog"), "NewRunDialog");

function RunRow({ run }: { run: Run }) {
  const { t } = useTranslation("runs");
  return (
    <li className="relative -mx-2 rounded-sm border-t px-2 py-2.5 first:border-t-0 hover:bg-hover">
      <div className="flex items-center gap-2">
        <Link
          to="/runs/$id"
          params={{ id: run.id }}
          className="min-w-0 flex-1 truncate font-medium text-sm after:absolute after:inset-0"
        >
          {run.goal.split("\n", 1)[0]}
        </Link>
        {run.review === "waiting" && <Badge tone="accent">{t("handover.review.waiting")}</Badge>}
        <StateBadge state={run.state} />
      </div>
      <p className="mt-0.5 text-muted text-xs tabular-nums">
        <time dateTime={run.created_at} title={exactly(run.created_at)}>
          {ago(run.created_at)}
        </time>
        {` · ${t("facts.steps", { count: run.spend.steps })} · ${dollars(Number(run.spend.cost_usd))}`}
      </p>
      {run.error && <p className="mt-0.5 truncate text-danger-ink text-xs">{run.error.detail}</p>}
    </li>
  );
}

/** Everything that agents do, did, and wait with. */
export function RunsPage() {
  const { t } = useTranslation("runs");
  const { show = "all" } = route.useSearch();
  const navigate = route.useNavigate();
  const [creating, setCreating] = useState(false);
  const mayStart = useRole() !== "viewer";
  const list = useRuns(show);
  useLiveRuns();
  const begin = () => setCreating(true);
  useShortcut({ keys: "n", label: t("new"), section: t("section"), run: begin });
  const none = list.data !== undefined && list.runs.length === 0;
  const schedules = (
    <Link to="/runs/schedules" className={buttonClass("ghost")} aria-label={t("schedules")}>
      <CalendarClock aria-hidden size={15} />
      <span className="max-sm:sr-only">{t("schedules")}</span>
    </Link>
  );
  const button = mayStart && (
    <Button variant="primary" icon={Plus} onClick={begin}>
      {t("new")}
    </Button>
  );
  return (
    <Page
      title={t("title")}
      actions={
        <>
          {schedules}
          <Link to="/runs/presets" className={buttonClass("ghost")}>
            <Zap aria-hidden size={15} strokeWidth={2} className="-ml-0.5 shrink-0" />
            {t("presets.manage")}
          </Link>
          {button}
        </>
      }
    >
      <SegmentedControl<RunFilter>
        label={t("filter.label")}
        className="mb-3"
        value={show}
        onChange={(next) => void navigate({ search: next === "all" ? {} : { show: next } })}
        segments={FILTERS.map((value) => ({ value, label: t(`filter.${value}`) }))}
      />
      {list.isPending && <SkeletonRows rows={5} />}
      {list.error && <LoadProblem error={list.error} onRetry={() => void list.refetch()} />}
      {none && show === "all" && (
        <EmptyState icon={Bot} title={t("emptyTitle")} action={button}>
          {t(mayStart ? "emptyBody" : "notYours")}
        </EmptyState>
      )}
      {none && show !== "all" && (
        <EmptyState icon={SearchX} title={t("noneTitle")}>
          {t("noneBody")}
        </EmptyState>
      )}
      {list.runs.length > 0 && (
        <ul aria-label={t("list")}>
          {list.runs.map((run) => (
            <RunRow key={run.id} run={run} />
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
      {creating && (
        <Suspense fallback={null}>
          <NewRunDialog onClose={() => setCreating(false)} />
        </Suspense>
      )}
    </Page>
  );
}
