import { useQueryClient } from "@tanstack/react-query";
import { ArrowDown } from "lucide-react";
import { useEffect, useRef } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useAutoScroll } from "@/markdown/auto-scroll";
import { Button } from "@/ui/button";
import { useAnnouncement } from "./announce";
import { AssistantMessage } from "./assistant-message";
import { feedOf } from "./feeds";
import type { Message } from "./model";
import { keepAnswer, keys } from "./queries";
import { UserMessage } from "./user-message";

export interface MessageListProps {
  messages: readonly Message[];
  /** What was sent a moment ago and is not confirmed yet. */
  pending: string | null;
  busy: boolean;
  older: { load: () => void; loading: boolean } | null;
  onEdit: (message: Message, text: string) => void;
  onRegenerate: (message: Message) => void;
  onBranch: (id: string) => void;
}

/** The answer that is being written; when it ends, the stored one takes its place in the list. */
function useRunning(messages: readonly Message[]) {
  const queries = useQueryClient();
  const last = messages.at(-1);
  const feed = last?.status === "streaming" ? feedOf(last) : null;
  useEffect(() => {
    if (!feed) return;
    const settle = () => {
      const { ended } = feed.view();
      if (!ended) return;
      keepAnswer(queries, ended.message);
      void queries.invalidateQueries({ queryKey: keys.lists });
    };
    settle();
    return feed.subscribe(settle);
  }, [feed, queries]);
  return feed;
}

export function MessageList(props: MessageListProps) {
  const { messages, pending, busy, older, onEdit, onRegenerate, onBranch } = props;
  const { t } = useTranslation("chat");
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const { following, follow } = useAutoScroll(scroller, content);
  const said = useAnnouncement(useRunning(messages));
  useEffect(() => {
    if (pending !== null) follow();
  }, [pending, follow]);
  return (
    <div className="relative min-h-0 flex-1">
      <div
        ref={scroller}
        role="log"
        aria-live="off"
        aria-label={t("messages")}
        className="h-full overflow-y-auto overscroll-contain"
      >
        <div
          ref={content}
          className="mx-auto flex w-full max-w-[736px] flex-col gap-5 px-4 pt-5 pb-6"
        >
          {older && (
            <Button
              size="sm"
              variant="ghost"
              className="self-center"
              loading={older.loading}
              onClick={older.load}
            >
              {t("earlier")}
            </Button>
          )}
          {messages.map((message) =>
            message.role === "user" ? (
              <UserMessage
                key={message.id}
                message={message}
                busy={busy}
                onEdit={onEdit}
                onBranch={onBranch}
              />
            ) : (
              <AssistantMessage
                key={message.id}
                message={message}
                busy={busy}
                onRegenerate={onRegenerate}
                onBranch={onBranch}
              />
            ),
          )}
          {pending !== null && (
            <p className="max-w-[85%] self-end whitespace-pre-wrap break-words rounded-lg bg-active px-3.5 py-2 text-base opacity-70">
              {pending}
            </p>
          )}
        </div>
      </div>
      {!following && (
        <Button
          size="sm"
          icon={ArrowDown}
          onClick={follow}
          className="-translate-x-1/2 !absolute bottom-3 left-1/2 rounded-full shadow-pop"
        >
          {t("latest")}
        </Button>
      )}
      <p role="status" className="sr-only">
        {said}
      </p>
    </div>
  );
}
