import { ChevronLeft, ChevronRight } from "lucide-react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { IconButton } from "@/ui/icon-button";
import type { Message } from "./model";

export interface BranchSwitchProps {
  message: Message;
  disabled: boolean;
  onBranch: (id: string) => void;
}

/** `‹ 2/3 ›`: the other wordings of a question, the other answers to it. */
export function BranchSwitch({ message, disabled, onBranch }: BranchSwitchProps) {
  const { t } = useTranslation("chat");
  const all = message.sibling_ids;
  if (all.length < 2) return null;
  const at = all.indexOf(message.id);
  const before = all[at - 1];
  const after = all[at + 1];
  return (
    <div
      role="group"
      aria-label={t("branch.label")}
      className="flex items-center text-faint text-xs tabular-nums"
    >
      <IconButton
        size="sm"
        icon={ChevronLeft}
        label={t("branch.before")}
        disabled={disabled || !before}
        onClick={() => before && onBranch(before)}
      />
      <span>{t("branch.place", { at: at + 1, of: all.length })}</span>
      <IconButton
        size="sm"
        icon={ChevronRight}
        label={t("branch.after")}
        disabled={disabled || !after}
        onClick={() => after && onBranch(after)}
      />
    </div>
  );
}
