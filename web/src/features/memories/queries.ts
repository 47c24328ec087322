import {
  type InfiniteData,
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { useMemo } from "react";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import { toProblem } from "@/lib/api/problem";
import type { components } from "@/lib/api/schema";
import { toast } from "@/ui/toast";

export type Memory = components["schemas"]["Memory"];
type MemoriesPage = components["schemas"]["Page_Memory_"];

const ALL = ["memories"] as const;
const PAGE = 50;
const ONE = "/api/v1/memories/{memory_id}";

/** The person's memories, the newest first; with words, those in which all of them begin. */
export function useMemories(words: string) {
  const list = useInfiniteQuery<
    MemoriesPage,
    Error,
    InfiniteData<MemoriesPage>,
    readonly unknown[],
    string | undefined
  >({
    queryKey: [...ALL, words],
    // Runs write while nobody looks, and nothing tells of it.
    refetchOnMount: "always",
    placeholderData: keepPreviousData,
    initialPageParam: undefined,
    queryFn: ({ pageParam, signal }) => {
      const query = {
        limit: PAGE,
        ...(words ? { q: words } : {}),
        ...(pageParam ? { cursor: pageParam } : {}),
      };
      return bodyOf(client.GET("/api/v1/memories", { params: { query }, signal }));
    },
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
  const memories = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  return { ...list, memories };
}

const calls = {
  add: (text: string) => bodyOf(client.POST("/api/v1/memories", { body: { text } })),
  change: (id: string, text: string) =>
    bodyOf(client.PATCH(ONE, { params: { path: { memory_id: id } }, body: { text } })),
  forget: (id: string) => client.DELETE(ONE, { params: { path: { memory_id: id } } }),
  /** Writes it down again, with where it came from. */
  putBack: ({ text, run_id, turn_id }: Memory) =>
    bodyOf(client.POST("/api/v1/memories", { body: { text, run_id, turn_id } })),
};

/** Writes one down, or says one in other words. */
export function useKeepMemory(memory: Memory | null) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (text: string) => (memory ? calls.change(memory.id, text) : calls.add(text)),
    onSuccess: () => queries.invalidateQueries({ queryKey: ALL }),
  });
}

const onError = (error: unknown) => toast.error(toProblem(error).message);

/** Forgets one at once, and offers to write it down again. */
export function useForget(words: { forgotten: string; undo: string; back: string }) {
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: ALL });
  const putBack = useMutation({
    mutationFn: calls.putBack,
    onSuccess: async () => {
      toast.success(words.back);
      await refresh();
    },
    onError,
  });
  return useMutation({
    mutationFn: (memory: Memory) => calls.forget(memory.id),
    onSuccess: async (_answer, memory) => {
      toast.show(words.forgotten, {
        action: { label: words.undo, onClick: () => putBack.mutate(memory) },
      });
      await refresh();
    },
    onError,
  });
}
