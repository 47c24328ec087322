import {
  type InfiniteData,
  keepPreviousData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useMemo } from "react";
import { toProblem } from "@/lib/api/problem";
import { useChannel } from "@/lib/socket/live";
import { toast } from "@/ui/toast";
import { calls } from "./calls";
import type { JournalEntry } from "./journal";
import { ASKED_FOR, hasEnded, type Run, type RunFilter, type RunsPage } from "./model";

export const keys = {
  all: ["runs"] as const,
  lists: ["runs", "list"] as const,
  list: (filter: RunFilter) => ["runs", "list", filter] as const,
  run: (id: string) => ["runs", "one", id] as const,
  journal: (id: string) => ["runs", "journal", id] as const,
};

// Nothing tells of changes while no page of runs is open.
const FRESH = { refetchOnMount: "always" } as const;
const POLL_MS = 10_000;
const NO_ENTRIES: readonly JournalEntry[] = [];

export function useRuns(filter: RunFilter) {
  const list = useInfiniteQuery<
    RunsPage,
    Error,
    InfiniteData<RunsPage>,
    readonly unknown[],
    string | undefined
  >({
    ...FRESH,
    queryKey: keys.list(filter),
    queryFn: ({ pageParam, signal }) => calls.listRuns(ASKED_FOR[filter], pageParam, signal),
    initialPageParam: undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
  const runs = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  return { ...list, runs };
}

export function useRun(id: string) {
  return useQuery({
    ...FRESH,
    queryKey: keys.run(id),
    queryFn: ({ signal }) => calls.getRun(id, signal),
    // A message on the socket may be lost; a run that ended changes no more.
    refetchInterval: ({ state }) => (state.data && hasEnded(state.data) ? false : POLL_MS),
  });
}

/** The newest runs of a task; of one's own, since nobody sees another's. */
export function useRunsOf(taskId: string) {
  return useQuery({
    ...FRESH,
    queryKey: [...keys.lists, "task", taskId],
    queryFn: async ({ signal }) => (await calls.listRunsOf(taskId, signal)).items,
  });
}

/** The journal as far as it is known; only what is new is asked for. */
export function useJournal(id: string, lastSeq: number | undefined) {
  const queries = useQueryClient();
  const query = useQuery<readonly JournalEntry[]>({
    queryKey: [...keys.journal(id), lastSeq ?? 0],
    enabled: lastSeq !== undefined,
    queryFn: async ({ signal }) => {
      const known = queries.getQueryData<readonly JournalEntry[]>(keys.journal(id)) ?? NO_ENTRIES;
      const after = known.at(-1)?.seq ?? 0;
      const fresh = await calls.readJournal(id, after, signal);
      const whole = fresh.length > 0 ? [...known, ...fresh] : known;
      queries.setQueryData(keys.journal(id), whole);
      return whole;
    },
    placeholderData: keepPreviousData,
  });
  return { ...query, entries: query.data ?? NO_ENTRIES };
}

/** Keeps the runs on screen in step: what is private is told on `user`. */
export function useLiveRuns(): void {
  const queries = useQueryClient();
  useChannel("user", {
    onUpdate: ({ event, data }) => {
      if (event !== "run.changed" && event !== "run.finished") return;
      void queries.invalidateQueries({ queryKey: keys.lists });
      if (typeof data.run_id === "string") {
        void queries.invalidateQueries({ queryKey: keys.run(data.run_id) });
      }
    },
    onResync: () => void queries.invalidateQueries({ queryKey: keys.all }),
  });
}

/** Deletes a run that has ended. */
export function useRemove(id: string, onRemoved: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => calls.remove(id),
    onSuccess: () => {
      onRemoved();
      queries.removeQueries({ queryKey: keys.run(id) });
      queries.removeQueries({ queryKey: keys.journal(id) });
      void queries.invalidateQueries({ queryKey: keys.lists });
    },
    onError: (error) => void toast.error(toProblem(error).message),
  });
}

/** Something that a person does to a run; what comes back is the run as it stands. */
export function useMove<Given>(id: string, move: (given: Given) => Promise<Run>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: move,
    onSuccess: (run) => {
      queries.setQueryData(keys.run(id), run);
      void queries.invalidateQueries({ queryKey: keys.lists });
    },
    onError: (error) => {
      toast.error(toProblem(error).message);
      void queries.invalidateQueries({ queryKey: keys.run(id) });
    },
  });
}
