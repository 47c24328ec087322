import { useQueryClient } from "@tanstack/react-query";
import { type RefObject, Suspense, useCallback, useRef } from "react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { Skeleton } from "@/ui/skeleton";
import { changeConversation, type Say, stopTurn, useSay } from "./actions";
import { Composer } from "./composer";
import { type Choice, choiceKey, type Focus, type Message } from "./model";
import { NewChat } from "./new-chat";
import { useConversation, useMessages } from "./queries";
import { keepAttachments, keepDraft, NEW, rememberChoice, useChatState } from "./state";
import { useChatCommands } from "./use-chat-commands";

const MessageList = lazyPart(() => import("./message-list"), "MessageList");

export interface ThreadProps {
  conversationId: string | null;
  autoFocus?: boolean;
  /** A conversation has begun here. */
  onBegun: (id: string) => void;
  onNew: () => void;
}

function Loading() {
  return (
    <div aria-hidden className="mx-auto flex w-full max-w-[736px] flex-1 flex-col gap-4 px-4 pt-6">
      <Skeleton className="h-9 w-2/5 self-end rounded-lg" />
      <Skeleton className="h-3 w-4/5" />
      <Skeleton className="h-3 w-3/5" />
      <Skeleton className="h-3 w-2/3" />
    </div>
  );
}

function useChoice(conversationId: string | null): [Choice, (choice: Choice) => void] {
  const queries = useQueryClient();
  const remembered = useChatState((state) => state.choice);
  const { data } = useConversation(conversationId);
  const choose = (choice: Choice) => {
    rememberChoice(choice, choiceKey(choice));
    if (conversationId) void changeConversation(queries, conversationId, { choice });
  };
  return [data?.choice ?? remembered, choose];
}

/** A draft with all that goes with it leaves the composer; a refusal brings it back. */
function sending(
  conversationId: string | null,
  ask: Pick<Say, "mode" | "choice" | "focus"> & { text: string },
): [Say, { onError: () => void }] {
  const { attachments, knowledge } = useChatState.getState();
  const attached = attachments[conversationId ?? NEW] ?? [];
  keepDraft(conversationId, "");
  keepAttachments(conversationId, []);
  return [
    { ...ask, conversationId, attachments: attached, knowledge },
    {
      onError: () => {
        keepDraft(conversationId, ask.text);
        keepAttachments(conversationId, attached);
      },
    },
  ];
}

/** A conversation with its composer; without an id a new one. */
export function Thread(props: ThreadProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  return props.conversationId === null ? (
    <Empty {...props} field={field} />
  ) : (
    <Open key={props.conversationId} {...props} id={props.conversationId} field={field} />
  );
}

type Field = { field: RefObject<HTMLTextAreaElement | null> };

function Empty({ field, onBegun, onNew, autoFocus = false }: ThreadProps & Field) {
  const [choice, choose] = useChoice(null);
  const mode = useChatState((state) => state.mode);
  const say = useSay((started) => onBegun(started.turn.conversation_id));
  useChatCommands({ field, onStop: null, onNew, onRegenerate: null });
  const send = (text: string, focus: Focus) => {
    say.mutate(...sending(null, { mode, choice, text, focus }));
  };
  return (
    <>
      <NewChat sending={say.isPending} field={field} />
      <Composer
        conversationId={null}
        field={field}
        choice={choice}
        onChoice={choose}
        running={false}
        sending={say.isPending}
        autoFocus={autoFocus}
        onSend={send}
        onStop={() => undefined}
      />
    </>
  );
}

function Open({ id, field, onNew, autoFocus = false }: ThreadProps & Field & { id: string }) {
  const { t } = useTranslation("chat");
  const queries = useQueryClient();
  const [choice, choose] = useChoice(id);
  const mode = useChatState((state) => state.mode);
  const messages = useMessages(id);
  const { mutate, isPending, variables } = useSay(() => undefined);
  const last = messages.data?.at(-1);
  const running = last?.status === "streaming" ? last.turn_id : null;
  const busy = running !== null || isPending;

  const edit = useCallback(
    (message: Message, text: string) =>
      mutate({
        conversationId: id,
        mode,
        choice,
        text,
        parentId: message.parent_id,
        attachments: message.attachments.filter((one) => !one.is_gone),
        knowledge: message.knowledge,
      }),
    [mutate, id, mode, choice],
  );
  const regenerate = useCallback(
    (message: Message) =>
      mutate({
        conversationId: id,
        mode: message.turn?.mode ?? mode,
        choice,
        regenerateOf: message.id,
      }),
    [mutate, id, mode, choice],
  );
  const branch = useCallback(
    (leaf: string) => void changeConversation(queries, id, { active_leaf_id: leaf }),
    [queries, id],
  );
  const send = (text: string, focus: Focus) => {
    mutate(...sending(id, { mode, choice, text, focus }));
  };
  const stop = () => {
    if (running) void stopTurn(running);
    field.current?.focus();
  };
  useChatCommands({
    field,
    onStop: running ? stop : null,
    onNew,
    onRegenerate: last?.role === "assistant" && !busy ? () => regenerate(last) : null,
  });

  const sent = isPending && variables.parentId === undefined ? variables.text : undefined;
  return (
    <>
      {messages.error ? (
        <div className="flex-1 p-4">
          <Banner
            tone="danger"
            action={
              <Button size="sm" onClick={() => void messages.refetch()}>
                {t("retry")}
              </Button>
            }
          >
            {toProblem(messages.error).message}
          </Banner>
        </div>
      ) : messages.data ? (
        <Suspense fallback={<Loading />}>
          <MessageList
            messages={messages.data}
            pending={sent ?? null}
            busy={busy}
            older={
              messages.hasNextPage
                ? {
                    load: () => void messages.fetchNextPage(),
                    loading: messages.isFetchingNextPage,
                  }
                : null
            }
            onEdit={edit}
            onRegenerate={regenerate}
            onBranch={branch}
          />
        </Suspense>
      ) : (
        <Loading />
      )}
      <Composer
        conversationId={id}
        field={field}
        choice={choice}
        onChoice={choose}
        running={running !== null}
        sending={isPending}
        autoFocus={autoFocus}
        onSend={send}
        onStop={stop}
      />
    </>
  );
}
