import { CalendarCheck2, ListTodo, ListTree, Sparkles, SquarePen } from "lucide-react";
import type { RefObject } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { EmptyState } from "@/ui/empty-state";
import type { Mode } from "./model";
import { chooseMode, keepDraft } from "./state";

const PROMPTS = [
  { key: "today", mode: "ask", icon: CalendarCheck2 },
  { key: "first", mode: "ask", icon: ListTodo },
  { key: "add", mode: "act", icon: SquarePen },
  { key: "break", mode: "act", icon: ListTree },
] as const satisfies { key: string; mode: Mode; icon: unknown }[];

export interface NewChatProps {
  sending: boolean;
  field: RefObject<HTMLTextAreaElement | null>;
}

/** A conversation before its first word: what one could say. */
export function NewChat({ sending, field }: NewChatProps) {
  const { t } = useTranslation("chat");
  const take = (text: string, mode: Mode) => {
    chooseMode(mode);
    keepDraft(null, text);
    const box = field.current;
    box?.focus();
    requestAnimationFrame(() => box?.setSelectionRange(text.length, text.length));
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col justify-center overflow-y-auto px-4 py-4">
      <EmptyState icon={Sparkles} title={t("emptyTitle")} size="panel">
        {t("emptyBody")}
      </EmptyState>
      <ul className="mx-auto grid w-full max-w-[480px] gap-2" aria-label={t("prompts.label")}>
        {PROMPTS.map(({ key, mode, icon: Icon }) => (
          <li key={key}>
            <button
              type="button"
              disabled={sending}
              onClick={() => take(t(`prompts.${key}`), mode)}
              className="flex w-full items-center gap-3 rounded-md border bg-raised px-3 py-2 text-left text-sm shadow-button hover:border-strong touch:min-h-11"
            >
              <Icon aria-hidden size={16} strokeWidth={1.85} className="shrink-0 text-accent-ink" />
              <span className="min-w-0 flex-1 truncate">{t(`prompts.${key}`)}</span>
              <span className="text-faint text-xs">{t(`mode.${mode}`)}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
