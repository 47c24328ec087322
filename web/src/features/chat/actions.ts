import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import type { Attachment } from "@/features/attachments/model";
import { client } from "@/lib/api/client";
import { toProblem } from "@/lib/api/problem";
import { toast } from "@/ui/toast";
import type { Choice, Conversation, Focus, Mode, TurnStarted } from "./model";
import { keys, showTurn } from "./queries";

export interface Say {
  conversationId: string | null;
  mode: Mode;
  choice: Choice;
  focus?: Focus;
  /** A new message… */
  text?: string;
  attachments?: readonly Pick<Attachment, "kind" | "id">[];
  knowledge?: boolean;
  /** …below this one (an edit; null edits the first)… */
  parentId?: string | null;
  /** …or another answer in place of this one. */
  regenerateOf?: string;
}

const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

async function create(choice: Choice): Promise<string> {
  const { data } = await client.POST("/api/v1/conversations", { body: { choice } });
  if (!data) throw new Error("no conversation");
  return data.id;
}

async function say(ask: Say): Promise<TurnStarted> {
  if (ask.conversationId !== null) return begin(ask, ask.conversationId);
  const id = await create(ask.choice);
  try {
    return await begin(ask, id);
  } catch (error) {
    // Nothing was said in it: nobody should find it in the list.
    const path = { conversation_id: id };
    await client
      .DELETE("/api/v1/conversations/{conversation_id}", { params: { path } })
      .catch(() => undefined);
    throw error;
  }
}

async function begin(ask: Say, conversation_id: string): Promise<TurnStarted> {
  const { data } = await client.POST("/api/v1/conversations/{conversation_id}/turns", {
    params: { path: { conversation_id } },
    body: {
      mode: ask.mode,
      choice: ask.choice,
      context: ask.focus ?? {},
      timezone: ZONE,
      ...(ask.text === undefined ? {} : { text: ask.text }),
      attachments: ask.attachments?.map(({ kind, id }) => ({ kind, id })) ?? [],
      knowledge: ask.knowledge ?? false,
      ...(ask.parentId === undefined ? {} : { parent_id: ask.parentId }),
      ...(ask.regenerateOf ? { regenerate_of: ask.regenerateOf } : {}),
    },
  });
  // The other form of the answer, a stream of events, has to be asked for.
  if (!data || !("turn" in data)) throw new Error("no turn");
  return data;
}

/** Says something, or has an answer written anew. Who shows the answer follows its turn. */
export function useSay(onStarted: (started: TurnStarted) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: say,
    onSuccess: async (started) => {
      await showTurn(queries, started);
      onStarted(started);
      void queries.invalidateQueries({ queryKey: keys.lists });
    },
    onError: (error) => toast.error(toProblem(error).message, { id: "chat.say" }),
  });
}

export async function stopTurn(turnId: string): Promise<void> {
  try {
    await client.POST("/api/v1/turns/{turn_id}/stop", { params: { path: { turn_id: turnId } } });
  } catch (error) {
    toast.error(toProblem(error).message, { id: "chat.stop" });
  }
}

export interface Change {
  title?: string;
  archived?: boolean;
  active_leaf_id?: string;
  choice?: Choice;
}

/** Changes a conversation; what shows it follows at once, and goes back when the server refuses. */
export async function changeConversation(
  queries: QueryClient,
  id: string,
  change: Change,
): Promise<void> {
  const key = keys.conversation(id);
  const before = queries.getQueryData<Conversation>(key);
  if (before) queries.setQueryData<Conversation>(key, { ...before, ...change });
  try {
    const { data } = await client.PATCH("/api/v1/conversations/{conversation_id}", {
      params: { path: { conversation_id: id } },
      body: change,
    });
    if (data) queries.setQueryData<Conversation>(key, data);
  } catch (error) {
    if (before) queries.setQueryData<Conversation>(key, before);
    toast.error(toProblem(error).message);
  }
  if (change.active_leaf_id) await queries.invalidateQueries({ queryKey: keys.messages(id) });
  if (change.title !== undefined || change.archived !== undefined) {
    await queries.invalidateQueries({ queryKey: keys.lists });
  }
}

/** Whether it is gone. */
export async function deleteConversation(queries: QueryClient, id: string): Promise<boolean> {
  try {
    await client.DELETE("/api/v1/conversations/{conversation_id}", {
      params: { path: { conversation_id: id } },
    });
  } catch (error) {
    toast.error(toProblem(error).message);
    return false;
  }
  queries.removeQueries({ queryKey: keys.messages(id) });
  void queries.invalidateQueries({ queryKey: keys.lists });
  return true;
}
