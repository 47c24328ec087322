import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import type { components } from "@/lib/api/schema";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { SkeletonRows } from "@/ui/skeleton";
import { LoadProblem } from "../settings/section";
import { atMoment } from "../settings/when";
import { figureOf } from "./figure";
import type { Budget } from "./forecast";

const PAGE = 10;

type Settlement = components["schemas"]["SettlementShape"];

function useDecisions(id: string) {
  return useInfiniteQuery({
    queryKey: ["usage", "settlements", id],
    // One may just have been made.
    staleTime: 0,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) => {
      const params = {
        path: { budget_id: id },
        query: { limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) },
      };
      return bodyOf(client.GET("/api/v1/ai/budgets/{budget_id}/settlements", { params, signal }));
    },
    getNextPageParam: (page) => page.next_cursor ?? null,
    select: (found) => found.pages.flatMap((page) => page.items),
  });
}

/** A button that opens what was decided of amounts in doubt of a budget; for administrators. */
export function BudgetDecisions({ budget }: { budget: Budget }) {
  const { t } = useTranslation("usage");
  const [open, setOpen] = useState(false);
  const { name } = budget;
  return (
    <>
      <Button
        size="sm"
        variant="ghost"
        className="-ml-2.5 mt-1"
        aria-label={t("budgets.decisions.openOf", { name })}
        onClick={() => setOpen(true)}
      >
        {t("budgets.decisions.open")}
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={t("budgets.decisions.title")}
        description={t("budgets.decisions.lead", { name })}
      >
        {open && <DecisionList budget={budget} />}
      </Dialog>
    </>
  );
}

function DecisionList({ budget }: { budget: Budget }) {
  const { t } = useTranslation("usage");
  const made = useDecisions(budget.id);
  return (
    <>
      {made.isPending && <SkeletonRows rows={3} />}
      {made.error && <LoadProblem error={made.error} onRetry={() => void made.refetch()} />}
      <ul aria-label={t("budgets.decisions.list")}>
        {made.data?.map((each) => (
          <Decision key={each.id} made={each} unit={budget.unit} />
        ))}
      </ul>
      {made.hasNextPage && (
        <Button
          className="mt-2"
          loading={made.isFetchingNextPage}
          onClick={() => void made.fetchNextPage()}
        >
          {t("budgets.decisions.more")}
        </Button>
      )}
    </>
  );
}

/** What of an amount was spent and what was free again, who said so, when, and why. */
function Decision({ made, unit }: { made: Settlement; unit: Budget["unit"] }) {
  const { t } = useTranslation("usage");
  const { charged, in_doubt, at, note } = made;
  const kind = charged === 0 ? "released" : charged === in_doubt ? "charged" : "parted";
  const inUnit = (count: number) => t(`budgets.${unit}`, { count, amount: figureOf(unit, count) });
  const figures = { amount: inUnit(in_doubt), charged: inUnit(charged) };
  return (
    <li className="border-t py-2.5 text-sm first:border-t-0 first:pt-0">
      <p className="text-pretty tabular-nums">{t(`budgets.decisions.${kind}`, figures)}</p>
      {note && (
        <p className="wrap-anywhere mt-0.5 whitespace-pre-wrap text-pretty text-xs">{note}</p>
      )}
      <p className="wrap-anywhere mt-0.5 text-muted text-xs">
        {made.user_name ?? t("where.someone")} · <time dateTime={at}>{atMoment(at)}</time>
      </p>
    </li>
  );
}
