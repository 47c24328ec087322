import { GitPullRequestArrow } from "lucide-react";
import { useState } from "react";
import { Page } from "@/app/shell/page";
import { LoadProblem } from "@/features/settings/section";
import { ChangesetCard } from "@/features/tasks/changeset-card";
import { useTranslation } from "@/lib/i18n/use-translation";
import { EmptyState } from "@/ui/empty-state";
import { SkeletonRows } from "@/ui/skeleton";
import { useProposals } from "./queries";

/** What programs outside have proposed. What was decided on stays until the page is left. */
export function ProposalsPage() {
  const { t } = useTranslation("mcp");
  const proposals = useProposals();
  const [shown, setShown] = useState<readonly string[]>([]);
  const fresh = (proposals.data ?? []).filter((id) => !shown.includes(id));
  if (fresh.length > 0) setShown([...shown, ...fresh]);
  return (
    <Page title={t("proposals.title")}>
      <div className="flex max-w-3xl flex-col gap-3 pb-10 md:pt-3">
        <p className="text-muted text-sm">{t("proposals.lead")}</p>
        {proposals.isPending && <SkeletonRows rows={3} />}
        {proposals.error && (
          <LoadProblem error={proposals.error} onRetry={() => void proposals.refetch()} />
        )}
        {proposals.data && shown.length === 0 && (
          <EmptyState icon={GitPullRequestArrow} title={t("proposals.emptyTitle")}>
            {t("proposals.emptyBody")}
          </EmptyState>
        )}
        {shown.map((id) => (
          <ChangesetCard key={id} changesetId={id} />
        ))}
      </div>
    </Page>
  );
}
