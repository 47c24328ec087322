import { MessageCircle } from "lucide-react";
import { useTranslation } from "react-i18next";
import { EmptyState } from "@/ui/empty-state";

/** The chat beside the page, from 1280 px. */
export function ChatPane() {
  const { t } = useTranslation("chat");
  return (
    <EmptyState icon={MessageCircle} title={t("emptyTitle")}>
      {t("emptyBody")}
    </EmptyState>
  );
}
