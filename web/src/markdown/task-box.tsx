import { Square, SquareCheckBig } from "lucide-react";
import { useTranslation } from "@/lib/i18n/use-translation";

/** The box of `- [x]`. Shows, doesn't toggle: the text belongs to the message. */
export function TaskBox({ checked }: { checked: boolean }) {
  const { t } = useTranslation();
  const Icon = checked ? SquareCheckBig : Square;
  return (
    <>
      <Icon aria-hidden size={15} className="md-task-box" data-checked={checked} />
      <span className="sr-only">{checked ? t("markdown.done") : t("markdown.open")}</span>
    </>
  );
}
