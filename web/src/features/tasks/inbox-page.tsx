import { Inbox } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Page } from "@/app/shell/page";
import { EmptyState } from "@/ui/empty-state";

export function InboxPage() {
  const { t } = useTranslation("tasks");
  return (
    <Page title={t("inbox.title")}>
      <EmptyState icon={Inbox} title={t("inbox.emptyTitle")}>
        {t("inbox.emptyBody")}
      </EmptyState>
    </Page>
  );
}
