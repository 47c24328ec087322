import { useQueryClient } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { useState } from "react";
import { Page } from "@/app/shell/page";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useManages } from "@/lib/session/role";
import { useUser } from "@/lib/session/session";
import { Banner } from "@/ui/banner";
import { IconButton } from "@/ui/icon-button";
import { EntriesSection } from "./entries-section";
import { type EgressFilter, lastDays } from "./ledger";
import { useEgressSums } from "./queries";
import { SumsSection } from "./sums-section";

const DAYS = 30;

/** What left the house: every request to somebody else, by day and host and one by one. */
export function EgressPage() {
  const { t } = useTranslation("egress");
  const queries = useQueryClient();
  const manages = useManages();
  const refresh = (
    <IconButton
      icon={RefreshCw}
      label={t("refresh")}
      onClick={() => void queries.invalidateQueries({ queryKey: ["egress"] })}
    />
  );
  return (
    <Page title={t("title")} actions={manages && refresh}>
      <div className="flex flex-col gap-4 pb-10 md:pt-3">
        {manages ? <Sections /> : <Banner>{t("notYours")}</Banner>}
      </div>
    </Page>
  );
}

function Sections() {
  const { timezone } = useUser();
  const [{ from, to }] = useState(() => lastDays(DAYS, timezone));
  const sums = useEgressSums(from, to);
  const [filter, setFilter] = useState<EgressFilter>({});
  return (
    <>
      <SumsSection
        query={sums}
        from={from}
        to={to}
        onHost={(host) => setFilter((before) => ({ ...before, host }))}
      />
      <EntriesSection filter={filter} onFilter={setFilter} sums={sums.data?.sums ?? []} />
    </>
  );
}
