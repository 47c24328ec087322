import { Link, useNavigate } from "@tanstack/react-router";
import { Bot, MessageCircle, PenLine, Trash2, UserRound } from "lucide-react";
import { ago } from "@/features/settings/when";
import { exactly } from "@/features/usage/call-state";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { IconButton } from "@/ui/icon-button";
import { toast } from "@/ui/toast";
import type { Memory } from "./queries";

interface MemoryRowProps {
  memory: Memory;
  /** Absent for who may only look. */
  onEdit?: (() => void) | undefined;
  onForget?: (() => void) | undefined;
}

const SHORT = 60;
const SECOND = 1_000;

/** One memory: what it says, where it came from, and what can be done with it. */
export function MemoryRow({ memory, onEdit, onForget }: MemoryRowProps) {
  const { t } = useTranslation("memories");
  const { text, created_at: made, updated_at: changed } = memory;
  const short = text.length > SHORT ? `${text.slice(0, SHORT)}…` : text;
  const wasChanged = Date.parse(changed) - Date.parse(made) > SECOND;
  return (
    <li className="-mx-2 flex items-start gap-2 rounded-sm border-t px-2 py-2.5 first:border-t-0 hover:bg-hover">
      <div className="min-w-0 flex-1">
        <p className="text-pretty break-words text-sm">{text}</p>
        <p className="mt-1 flex flex-wrap items-center gap-x-1.5 text-muted text-xs">
          <Source memory={memory} />
          <span aria-hidden>·</span>
          <time dateTime={made} title={exactly(made)}>
            {ago(made)}
          </time>
          {wasChanged && (
            <>
              <span aria-hidden>·</span>
              <time dateTime={changed} title={exactly(changed)}>
                {t("changed", { when: ago(changed) })}
              </time>
            </>
          )}
        </p>
      </div>
      {onEdit && (
        <IconButton icon={PenLine} label={t("editOf", { text: short })} onClick={onEdit} />
      )}
      {onForget && (
        <IconButton icon={Trash2} label={t("forgetOf", { text: short })} onClick={onForget} />
      )}
    </li>
  );
}

const SOURCE = "inline-flex items-center gap-1";
const LINK = `${SOURCE} rounded-xs underline decoration-line underline-offset-3 hover:text-ink hover:decoration-current touch:min-h-6`;

function Source({ memory }: { memory: Memory }) {
  const { t } = useTranslation("memories");
  if (memory.run_id) {
    return (
      <Link to="/runs/$id" params={{ id: memory.run_id }} className={LINK}>
        <Bot aria-hidden size={12} />
        {t("source.run")}
      </Link>
    );
  }
  if (memory.turn_id) return <FromChat turnId={memory.turn_id} />;
  return (
    <span className={SOURCE}>
      <UserRound aria-hidden size={12} />
      {t("source.you")}
    </span>
  );
}

/** A memory knows its turn; which conversation that is in is asked when somebody goes there. */
function FromChat({ turnId }: { turnId: string }) {
  const { t } = useTranslation("memories");
  const navigate = useNavigate();
  const open = async () => {
    try {
      const params = { path: { turn_id: turnId } };
      const { turn } = await bodyOf(client.GET("/api/v1/turns/{turn_id}", { params }));
      await navigate({ to: "/chat/$id", params: { id: turn.conversation_id } });
    } catch (error) {
      const problem = toProblem(error);
      toast.error(problem.status === 404 ? t("chatGone") : problem.message);
    }
  };
  return (
    <button type="button" className={LINK} onClick={() => void open()}>
      <MessageCircle aria-hidden size={12} />
      {t("source.chat")}
    </button>
  );
}
