import { useNavigate } from "@tanstack/react-router";
import { History, Maximize2, PanelRightClose, SquarePen } from "lucide-react";
import { Suspense, useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { setPreference } from "@/lib/preferences";
import { IconButton } from "@/ui/icon-button";
import { Popover, PopoverContent, PopoverTrigger } from "@/ui/popover";
import { QuietIconButton } from "@/ui/quiet-icon-button";
import { useConversation, useLiveChat } from "./queries";
import { showInPane, useChatState } from "./state";

// The page beside comes first: what is said here may follow a moment later.
const Thread = lazyPart(() => import("./thread"), "Thread");
const ConversationList = lazyPart(() => import("./conversation-list"), "ConversationList");

const fresh = () => showInPane(null);

/** The chat beside the page, from 1280 px. It keeps its conversation from page to page. */
export function ChatPane() {
  const { t } = useTranslation("chat");
  useLiveChat();
  const id = useChatState((state) => state.paneId);
  const conversation = useConversation(id);
  const navigate = useNavigate();
  const [history, setHistory] = useState(false);
  const gone = conversation.error !== null;
  return (
    <>
      <header className="flex h-12 shrink-0 items-center gap-0.5 border-b pr-2 pl-4">
        <h2 className="min-w-0 flex-1 truncate font-semibold text-sm">
          {id === null || gone ? t("new") : conversation.data?.title || t("untitled")}
        </h2>
        <IconButton icon={SquarePen} label={t("new")} keys="mod+shift+o" onClick={fresh} />
        <Popover open={history} onOpenChange={setHistory}>
          <PopoverTrigger asChild>
            <QuietIconButton icon={History} label={t("list.label")} />
          </PopoverTrigger>
          <PopoverContent
            label={t("list.label")}
            align="end"
            className="h-[min(480px,70vh)] w-80 overflow-hidden !p-0"
          >
            <Suspense fallback={null}>
              <ConversationList
                activeId={id}
                onOpen={(next) => {
                  showInPane(next);
                  setHistory(false);
                }}
                onGone={(which) => which === id && fresh()}
              />
            </Suspense>
          </PopoverContent>
        </Popover>
        <IconButton
          icon={Maximize2}
          label={t("expand")}
          onClick={() =>
            void (id === null
              ? navigate({ to: "/chat" })
              : navigate({ to: "/chat/$id", params: { id } }))
          }
        />
        <IconButton
          icon={PanelRightClose}
          label={t("hide")}
          keys="mod+."
          onClick={() => setPreference("chatPane", false)}
        />
      </header>
      <Suspense fallback={<div className="flex-1" />}>
        <Thread conversationId={gone ? null : id} onBegun={showInPane} onNew={fresh} />
      </Suspense>
    </>
  );
}
