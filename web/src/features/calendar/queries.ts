import {
  keepPreviousData,
  type QueryClient,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { toProblem } from "@/lib/api/problem";
import { useChannel } from "@/lib/socket/live";
import { toast } from "@/ui/toast";
import { calls } from "./calls";
import { type Day, plus, startOf } from "./days";
import type { Occurrence } from "./model";

const ALL = ["calendar"] as const;
const FEEDS = [...ALL, "feeds"] as const;
const CHANGES = new Set([
  "calendar_event.changed",
  "calendar.imported",
  "task.changed",
  "changeset.changed",
]);

/** Where the reader is. */
export const ownZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

/** What these days hold; the days before stay while the next are asked for. */
export function useAgenda(days: readonly Day[]) {
  const first = days[0] ?? "1970-01-01";
  const last = days.at(-1) ?? first;
  const [from, to] = [startOf(first).toISOString(), startOf(plus(last, 1)).toISOString()];
  return useQuery({
    queryKey: [...ALL, "agenda", from, to],
    queryFn: ({ signal }) => calls.agenda(from, to, ownZone(), signal),
    placeholderData: keepPreviousData,
    refetchOnMount: "always",
  });
}

/** One event, whenever it is, as its first occurrence. */
export function useEvent(id: string | undefined) {
  return useQuery({
    queryKey: [...ALL, "event", id],
    queryFn: async ({ signal }): Promise<Occurrence> => {
      const event = await calls.get(id ?? "", signal);
      const { starts_at, ends_at, starts_on, ends_on } = event;
      const key = starts_at ?? `${starts_on}T00:00:00Z`;
      return { key, starts_at, ends_at, starts_on, ends_on, event };
    },
    enabled: id !== undefined,
    retry: false,
  });
}

export const useFeeds = () =>
  useQuery({ queryKey: FEEDS, queryFn: ({ signal }) => calls.listFeeds(signal) });

const refresh = (queries: QueryClient): Promise<void> =>
  queries.invalidateQueries({ queryKey: ALL });

/** What others show, what models do and what another tab does changes what is shown here. */
export function useLiveCalendar(): void {
  const queries = useQueryClient();
  useChannel("user", {
    onUpdate: ({ event }) => {
      if (CHANGES.has(event)) void refresh(queries);
    },
    onResync: () => void refresh(queries),
  });
  useChannel("workspace", {
    onUpdate: ({ event }) => {
      if (CHANGES.has(event)) void refresh(queries);
    },
    onResync: () => void refresh(queries),
  });
}

/** Something that is done to the calendar. It is over once what is shown was asked anew. */
export function useDo<Given, Answer>(act: (given: Given) => Promise<Answer>, quiet = false) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSuccess: () => refresh(queries),
    onError: (error) => {
      if (!quiet) toast.error(toProblem(error).message);
    },
  });
}
