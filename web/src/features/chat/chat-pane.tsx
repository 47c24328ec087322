import { useNavigate } from "@tanstack/react-router";
import { History, Maximize2, PanelRightClose, SquarePen } from "lucide-react";
import { Suspense, useRef, useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { setPreference } from "@/lib/preferences";
import { useOnceTrue } from "@/lib/use-once-true";
import { IconButton } from "@/ui/icon-button";
import { QuietIconButton } from "@/ui/quiet-icon-button";
import { useConversation, useLiveChat } from "./queries";
import { showInPane, useChatState } from "./state";

// The page beside comes first: what is said here may follow a moment later.
const Thread = lazyPart(() => import("./thread"), "Thread");
const fetchHistory = () => import("./conversation-history");
const ConversationHistory = lazyPart(fetchHistory, "ConversationHistory");

const fresh = () => showInPane(null);

/** The chat beside the page, from 1280 px. It keeps its conversation from page to page. */
export function ChatPane() {
  const { t } = useTranslation("chat");
  useLiveChat();
  const id = useChatState((state) => state.paneId);
  const conversation = useConversation(id);
  const navigate = useNavigate();
  const [history, setHistory] = useState(false);
  const everOpened = useOnceTrue(history);
  const opener = useRef<HTMLButtonElement>(null);
  const gone = conversation.error !== null;
  return (
    <>
      <header className="flex h-12 shrink-0 items-center gap-0.5 border-b pr-2 pl-4">
        <h2 className="min-w-0 flex-1 truncate font-semibold text-sm">
          {id === null || gone ? t("new") : conversation.data?.title || t("untitled")}
        </h2>
        <IconButton icon={SquarePen} label={t("new")} keys="mod+shift+o" onClick={fresh} />
        <QuietIconButton
          ref={opener}
          icon={History}
          label={t("list.label")}
          aria-haspopup="dialog"
          aria-expanded={history}
          data-state={history ? "open" : "closed"}
          onPointerEnter={() => void fetchHistory().catch(() => undefined)}
          onClick={() => setHistory(!history)}
        />
        {everOpened && (
          <Suspense fallback={null}>
            <ConversationHistory
              open={history}
              onClose={() => setHistory(false)}
              opener={opener}
              activeId={id}
              onOpen={(next) => {
                showInPane(next);
                setHistory(false);
              }}
              onGone={(which) => which === id && fresh()}
            />
          </Suspense>
        )}
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
