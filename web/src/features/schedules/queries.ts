import {
  type InfiniteData,
  keepPreviousData,
  type QueryClient,
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
import type { SchedulesPage, TriggersPage } from "./model";

export const keys = {
  all: ["schedules"] as const,
  schedules: ["schedules", "list"] as const,
  triggers: ["schedules", "triggers"] as const,
};

/** Nothing tells of an occurrence that was left out, so lists are looked at now and then. */
const POLL_MS = 30_000;

interface PageOf<Item> {
  items: Item[];
  next_cursor?: string | null;
}

function useList<Item, Found extends PageOf<Item>>(
  queryKey: readonly unknown[],
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<Found>,
) {
  const list = useInfiniteQuery<
    Found,
    Error,
    InfiniteData<Found>,
    readonly unknown[],
    string | undefined
  >({
    queryKey,
    queryFn: ({ pageParam, signal }) => load(pageParam, signal),
    initialPageParam: undefined,
    getNextPageParam: (last) => last.next_cursor ?? undefined,
    refetchOnMount: "always",
    refetchInterval: POLL_MS,
  });
  const items = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  return { ...list, items };
}

export const useSchedules = () =>
  useList<SchedulesPage["items"][number], SchedulesPage>(keys.schedules, calls.listSchedules);
export const useTriggers = () =>
  useList<TriggersPage["items"][number], TriggersPage>(keys.triggers, calls.listTriggers);

/** When a rule would be due; the answer before stays while the next is asked for. */
export function usePreview(rrule: string, startsAt: string, timezone: string) {
  return useQuery({
    queryKey: [...keys.all, "preview", rrule, startsAt, timezone],
    queryFn: ({ signal }) => calls.preview(rrule, startsAt, timezone, signal),
    enabled: rrule !== "" && timezone !== "" && startsAt.length >= 16,
    placeholderData: keepPreviousData,
    retry: false,
  });
}

export const refresh = (queries: QueryClient): Promise<void> =>
  queries.invalidateQueries({ queryKey: keys.all });

/** Runs that begin and end change what came of a schedule last. */
export function useLiveSchedules(): void {
  const queries = useQueryClient();
  useChannel("user", {
    onUpdate: ({ event }) => {
      if (event === "run.changed" || event === "run.finished") void refresh(queries);
    },
    onResync: () => void refresh(queries),
  });
}

/** Something that is done to a schedule or trigger; the lists are asked anew. */
export function useDo<Given, Answer>(act: (given: Given) => Promise<Answer>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: () => refresh(queries),
    onError: (error) => {
      toast.error(toProblem(error).message);
      void refresh(queries);
    },
  });
}
