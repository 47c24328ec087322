import { Link } from "@tanstack/react-router";
import { Page } from "@/app/shell/page";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useManages, useRole } from "@/lib/session/role";
import { Banner } from "@/ui/banner";
import { buttonClass } from "@/ui/button";
import { BudgetsSection } from "./budgets-section";
import { CallsSection } from "./calls-section";
import { HealthSection } from "./health-section";
import { useLiveCalls } from "./live-calls";
import { TotalsSection } from "./totals-section";
import { WhereSection } from "./where-section";

/** What the models cost, whom for, what is left, and how they do. */
export function UsagePage() {
  const { t } = useTranslation("usage");
  const role = useRole();
  const manages = useManages();
  const egress = (
    <Link to="/egress" className={buttonClass("ghost", "sm")}>
      {t("egress")}
    </Link>
  );
  return (
    <Page title={t("title")} actions={manages && egress}>
      <div className="flex flex-col gap-4 pb-10 md:pt-3">
        {role === "viewer" ? <Banner>{t("notYours")}</Banner> : <Sections />}
      </div>
    </Page>
  );
}

function Sections() {
  const manages = useManages();
  useLiveCalls();
  return (
    <>
      <TotalsSection />
      <WhereSection />
      <BudgetsSection manages={manages} />
      <HealthSection />
      <CallsSection everyone={manages} />
    </>
  );
}
