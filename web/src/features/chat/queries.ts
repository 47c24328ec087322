import {
  type InfiniteData,
  keepPreviousData,
  type QueryClient,
  useInfiniteQuery,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import { useChannel } from "@/lib/socket/live";
import {
  type Message,
  type MessagesPage,
  type SearchHit,
  type TurnStarted,
  withTurn,
} from "./model";

export const keys = {
  all: ["chat"] as const,
  lists: ["chat", "conversations"] as const,
  list: (archived: boolean) => ["chat", "conversations", archived] as const,
  search: (words: string) => ["chat", "conversations", "search", words] as const,
  conversation: (id: string) => ["chat", "conversation", id] as const,
  messages: (id: string) => ["chat", "messages", id] as const,
};

const PAGE = 50;
const LIST_PAGE = 40;

/** The branch that is shown, newest last; further pages go back in time. */
export function useMessages(conversationId: string) {
  return useInfiniteQuery({
    queryKey: keys.messages(conversationId),
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      bodyOf(
        client.GET("/api/v1/conversations/{conversation_id}/messages", {
          params: {
            path: { conversation_id: conversationId },
            query: { limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) },
          },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next_cursor ?? null,
    select: (found) => found.pages.toReversed().flatMap((page) => page.items),
  });
}

export function useConversations(archived: boolean, enabled = true) {
  return useInfiniteQuery({
    queryKey: keys.list(archived),
    enabled,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      bodyOf(
        client.GET("/api/v1/conversations", {
          params: {
            query: { archived, limit: LIST_PAGE, ...(pageParam ? { cursor: pageParam } : {}) },
          },
          signal,
        }),
      ),
    getNextPageParam: (page) => page.next_cursor ?? null,
    select: (found) => found.pages.flatMap((page) => page.items),
  });
}

export function useSearch(words: string) {
  return useQuery({
    queryKey: keys.search(words),
    enabled: words !== "",
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }): Promise<SearchHit[]> => {
      const query = { q: words, limit: 20 };
      const found = client.GET("/api/v1/conversations/search", { params: { query }, signal });
      return (await bodyOf(found)).items;
    },
  });
}

export function useConversation(id: string | null) {
  return useQuery({
    queryKey: keys.conversation(id ?? ""),
    enabled: id !== null,
    queryFn: ({ signal }) =>
      bodyOf(
        client.GET("/api/v1/conversations/{conversation_id}", {
          params: { path: { conversation_id: id ?? "" } },
          signal,
        }),
      ),
  });
}

type Pages = InfiniteData<MessagesPage, string | null>;

/** Shows a turn that was just begun, without asking for the branch again. */
export async function showTurn(queries: QueryClient, started: TurnStarted): Promise<void> {
  const key = keys.messages(started.turn.conversation_id);
  await queries.cancelQueries({ queryKey: key });
  queries.setQueryData<Pages>(key, (before) => {
    const shown = before?.pages.toReversed().flatMap((page) => page.items) ?? [];
    const older = before?.pages.at(-1)?.next_cursor ?? null;
    return {
      pages: [{ items: withTurn(shown, started), next_cursor: older }],
      pageParams: [null],
    };
  });
}

/** Puts the finished answer in the place of the one that was being written. */
export function keepAnswer(queries: QueryClient, answer: Message): void {
  const key = keys.messages(answer.conversation_id);
  queries.setQueryData<Pages>(key, (before) => {
    if (!before) return before;
    const pages = before.pages.map((page) => ({
      ...page,
      items: page.items.map((message) =>
        message.id === answer.id ? { ...answer, sibling_ids: message.sibling_ids } : message,
      ),
    }));
    return { ...before, pages };
  });
}

/** Keeps lists, titles and branches in step with the other tabs. Mounted by pane and page. */
export function useLiveChat(): void {
  const queries = useQueryClient();
  useChannel("user", {
    onUpdate: ({ event, data }) => {
      const id = typeof data.conversation_id === "string" ? data.conversation_id : null;
      if (!id) return;
      if (event === "conversation.changed") {
        void queries.invalidateQueries({ queryKey: keys.lists });
        if (data.kind === "deleted") queries.removeQueries({ queryKey: keys.messages(id) });
        else void queries.invalidateQueries({ queryKey: keys.messages(id) });
        void queries.invalidateQueries({ queryKey: keys.conversation(id) });
      } else if (event === "turn.changed") {
        void queries.invalidateQueries({ queryKey: keys.messages(id) });
      }
    },
    onResync: () => void queries.invalidateQueries({ queryKey: keys.all }),
  });
}
