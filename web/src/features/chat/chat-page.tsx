import { MessageCircle } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Page } from "@/app/shell/page";
import { EmptyState } from "@/ui/empty-state";

export function ChatPage() {
  const { t } = useTranslation("chat");
  return (
    <Page title={t("title")}>
      <EmptyState icon={MessageCircle} title={t("emptyTitle")}>
        {t("emptyBody")}
      </EmptyState>
    </Page>
  );
}
