import { clsx } from "clsx";
import { Archive, ArrowLeft, Search } from "lucide-react";
import { useDeferredValue, useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Input } from "@/ui/input";
import { SkeletonRows } from "@/ui/skeleton";
import { ConversationMenu } from "./conversation-menu";
import type { Conversation } from "./model";
import { byPeriod } from "./periods";
import { useConversations, useSearch } from "./queries";

export interface ConversationListProps {
  activeId: string | null;
  onOpen: (id: string) => void;
  /** The conversation is deleted or archived. */
  onGone: (id: string) => void;
}

/** Own conversations: the latest first, or those that hold the words of a search. */
export function ConversationList(props: ConversationListProps) {
  const { t } = useTranslation("chat");
  const [query, setQuery] = useState("");
  const [archived, setArchived] = useState(false);
  const words = useDeferredValue(query.trim());
  return (
    <div className="flex h-full min-h-0 flex-col">
      <div className="px-3 pt-3 pb-2">
        <Input
          type="search"
          icon={Search}
          aria-label={t("search.label")}
          placeholder={t("search.label")}
          value={query}
          maxLength={200}
          onChange={(event) => setQuery(event.target.value)}
        />
      </div>
      <div className="min-h-0 flex-1 overflow-y-auto px-2 pb-2">
        {words ? <Hits words={words} {...props} /> : <Recent archived={archived} {...props} />}
      </div>
      {!words && (
        <div className="border-t px-2 py-1.5">
          <Button
            size="sm"
            variant="ghost"
            icon={archived ? ArrowLeft : Archive}
            onClick={() => setArchived(!archived)}
          >
            {archived ? t("list.recent") : t("list.archived")}
          </Button>
        </div>
      )}
    </div>
  );
}

function Quiet({ children }: { children: string }) {
  return <p className="px-2 py-6 text-center text-muted text-sm">{children}</p>;
}

function Recent({ archived, ...props }: ConversationListProps & { archived: boolean }) {
  const { t } = useTranslation("chat");
  const list = useConversations(archived);
  if (list.isPending) return <SkeletonRows rows={6} />;
  if (!list.data) return <Quiet>{t("list.failed")}</Quiet>;
  if (list.data.length === 0) {
    return <Quiet>{archived ? t("list.noArchived") : t("list.none")}</Quiet>;
  }
  return (
    <>
      {byPeriod(list.data).map(([period, some]) => (
        <section key={period} aria-label={t(`list.${period}`)} className="mb-2">
          <h3 className="px-2 pt-2 pb-1 font-medium text-faint text-xs">{t(`list.${period}`)}</h3>
          <ul>
            {some.map((conversation) => (
              <Row key={conversation.id} conversation={conversation} {...props} />
            ))}
          </ul>
        </section>
      ))}
      {list.hasNextPage && (
        <Button
          size="sm"
          variant="ghost"
          className="w-full"
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          {t("list.more")}
        </Button>
      )}
    </>
  );
}

function Hits({ words, ...props }: ConversationListProps & { words: string }) {
  const { t } = useTranslation("chat");
  const hits = useSearch(words);
  if (hits.isPending) return <SkeletonRows rows={4} />;
  if (!hits.data?.length) return <Quiet>{t("search.none")}</Quiet>;
  return (
    <ul aria-label={t("search.results")}>
      {hits.data.map(({ conversation, message_id, snippet }) => (
        <Row
          key={`${conversation.id}.${message_id ?? ""}`}
          conversation={conversation}
          snippet={snippet}
          {...props}
        />
      ))}
    </ul>
  );
}

interface RowProps extends ConversationListProps {
  conversation: Conversation;
  snippet?: string;
}

function Row({ conversation, snippet, activeId, onOpen, onGone }: RowProps) {
  const { t } = useTranslation("chat");
  const active = conversation.id === activeId;
  return (
    <li
      className={clsx(
        "group relative flex items-center rounded-sm",
        active ? "bg-active" : "hover:bg-hover",
      )}
    >
      <button
        type="button"
        aria-current={active ? "page" : undefined}
        onClick={() => onOpen(conversation.id)}
        className={clsx(
          "min-h-8 min-w-0 flex-1 rounded-sm py-1 pr-1 pl-2 text-left text-sm touch:min-h-11",
          active ? "font-medium text-ink" : "text-muted group-hover:text-ink",
        )}
      >
        <span className="block truncate">{conversation.title || t("untitled")}</span>
        {snippet && <span className="line-clamp-2 font-normal text-faint text-xs">{snippet}</span>}
      </button>
      <span className="mr-1 opacity-0 focus-within:opacity-100 group-hover:opacity-100 has-data-[state=open]:opacity-100 touch:opacity-100">
        <ConversationMenu
          conversation={conversation}
          size="sm"
          onGone={() => onGone(conversation.id)}
        />
      </span>
    </li>
  );
}
