import { CalendarCheck2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Page } from "@/app/shell/page";
import { EmptyState } from "@/ui/empty-state";

export function TodayPage() {
  const { t } = useTranslation("tasks");
  return (
    <Page title={t("today.title")}>
      <EmptyState icon={CalendarCheck2} title={t("today.emptyTitle")}>
        {t("today.emptyBody")}
      </EmptyState>
    </Page>
  );
}
