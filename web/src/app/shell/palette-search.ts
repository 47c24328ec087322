import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import type { components } from "@/lib/api/schema";
import { useDebounced } from "@/lib/use-debounced";

type Task = components["schemas"]["Task"];
type Hit = components["schemas"]["SearchHitShape"];

export interface Finding {
  id: string;
  kind: "task" | "conversation";
  title: string;
  /** Words around what was found; empty when the title says it. */
  snippet: string;
  /** A task that is no longer to be done. */
  closed: boolean;
}

const LEAST = 2;
const LONGEST = 200;
const SHOWN = 6;
const SETTLE_MS = 180;

export function ofTask(task: Task): Finding {
  const closed = task.status === "done" || task.status === "cancelled";
  return { id: task.id, kind: "task", title: task.title, snippet: "", closed };
}

/** Conversations, each once, whatever many messages of it hold the words. */
export function ofHits(hits: readonly Hit[]): Finding[] {
  const found = new Map<string, Finding>();
  for (const { conversation, message_id, snippet } of hits) {
    if (found.has(conversation.id)) continue;
    found.set(conversation.id, {
      id: conversation.id,
      kind: "conversation",
      title: conversation.title ?? "",
      snippet: message_id === null ? "" : snippet,
      closed: false,
    });
  }
  return [...found.values()];
}

export interface Search {
  /** Whether the words are long enough to be looked for. */
  active: boolean;
  busy: boolean;
  failed: boolean;
  findings: Finding[];
}

/** Tasks and conversations that hold the words, a moment after the last key. */
export function usePaletteSearch(query: string): Search {
  const typed = query.trim().slice(0, LONGEST);
  const words = useDebounced(typed, SETTLE_MS);
  const active = typed.length >= LEAST;
  const enabled = active && words.length >= LEAST;
  const placeholderData = keepPreviousData;
  const tasks = useQuery({
    queryKey: ["palette", "tasks", words],
    queryFn: ({ signal }) =>
      bodyOf(
        client.GET("/api/v1/tasks", { params: { query: { q: words, limit: SHOWN } }, signal }),
      ),
    enabled,
    placeholderData,
  });
  const hits = useQuery({
    queryKey: ["palette", "conversations", words],
    queryFn: ({ signal }) =>
      bodyOf(
        client.GET("/api/v1/conversations/search", {
          params: { query: { q: words, limit: SHOWN } },
          signal,
        }),
      ),
    enabled,
    placeholderData,
  });
  // Together, so that none slips in above the one that is about to be chosen.
  const settled = [tasks, hits].every((asked) => asked.data !== undefined || asked.isError);
  return {
    active,
    busy: active && (typed !== words || tasks.isFetching || hits.isFetching),
    failed: enabled && (tasks.isError || hits.isError),
    findings:
      active && settled
        ? [...(tasks.data?.items.map(ofTask) ?? []), ...ofHits(hits.data?.items ?? [])]
        : [],
  };
}
