import { useNavigate, useParams } from "@tanstack/react-router";
import { History, MessageCircleOff, SquarePen } from "lucide-react";
import { useState } from "react";
import { Page } from "@/app/shell/page";
import { useTranslation } from "@/lib/i18n/use-translation";
import { TOUCH, useMedia } from "@/lib/media";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { IconButton } from "@/ui/icon-button";
import { Sheet } from "@/ui/sheet";
import { ConversationList } from "./conversation-list";
import { ConversationMenu } from "./conversation-menu";
import { useConversation, useLiveChat } from "./queries";
import { showInPane } from "./state";
import { Thread } from "./thread";

/** The whole page for one conversation: `/chat/$id`; at `/chat` a new one. */
export function ChatPage() {
  const { t } = useTranslation("chat");
  useLiveChat();
  const { id = null } = useParams({ strict: false }) as { id?: string };
  const conversation = useConversation(id);
  const navigate = useNavigate();
  const touch = useMedia(TOUCH);
  const [listed, setListed] = useState(false);
  const open = (next: string) => {
    showInPane(next);
    setListed(false);
    void navigate({ to: "/chat/$id", params: { id: next } });
  };
  const fresh = () => {
    setListed(false);
    void navigate({ to: "/chat" });
  };
  const list = (
    <ConversationList
      activeId={id}
      onOpen={open}
      onGone={(which) => {
        if (which === id) fresh();
      }}
    />
  );
  const title = id === null ? t("new") : conversation.data?.title || t("untitled");
  return (
    <Page
      title={title}
      width="bleed"
      actions={
        <>
          <IconButton icon={SquarePen} label={t("new")} keys="mod+shift+o" onClick={fresh} />
          <span className="@4xl:hidden">
            <IconButton icon={History} label={t("list.label")} onClick={() => setListed(true)} />
          </span>
          {conversation.data && (
            <ConversationMenu conversation={conversation.data} onGone={fresh} />
          )}
        </>
      }
    >
      <div className="flex h-full min-h-0">
        <nav aria-label={t("list.label")} className="@4xl:block hidden w-64 shrink-0 border-r">
          {list}
        </nav>
        <div className="flex min-w-0 flex-1 flex-col">
          {conversation.error ? (
            <EmptyState
              icon={MessageCircleOff}
              title={t("missing.title")}
              action={<Button onClick={fresh}>{t("new")}</Button>}
            >
              {t("missing.body")}
            </EmptyState>
          ) : (
            <Thread conversationId={id} autoFocus={!touch} onBegun={open} onNew={fresh} />
          )}
        </div>
      </div>
      <Sheet open={listed} onOpenChange={setListed} title={t("list.label")} side="bottom">
        <div className="h-[70dvh]">{list}</div>
      </Sheet>
    </Page>
  );
}
