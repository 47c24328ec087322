import {
  type InfiniteData,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import { useMemo } from "react";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import { toProblem } from "@/lib/api/problem";
import { useRole } from "@/lib/session/role";
import { useChannel } from "@/lib/socket/live";
import { toast } from "@/ui/toast";
import { isUnderWay, type Report, type Research, type ResearchPage } from "./model";

const keys = {
  all: ["research"] as const,
  status: ["research", "status"] as const,
  list: ["research", "list"] as const,
  one: (id: string) => ["research", "one", id] as const,
  report: (id: string) => ["research", "report", id] as const,
};

// Nothing tells of changes while no page of researches is open.
const FRESH = { refetchOnMount: "always" } as const;
const POLL_MS = 10_000;
const PAGE = 30;
const ONE = "/api/v1/research/{research_id}";
const of = (id: string) => ({ params: { path: { research_id: id } } });

/** Viewers have no researches, and the server says so to who asks. */
export function useMayResearch(): boolean {
  const role = useRole();
  return role !== undefined && role !== "viewer";
}

/** Whether a search engine is set up, and which. */
export function useResearchStatus() {
  return useQuery({
    queryKey: keys.status,
    enabled: useMayResearch(),
    queryFn: ({ signal }) => bodyOf(client.GET("/api/v1/research/status", { signal })),
  });
}

export function useResearches() {
  const list = useInfiniteQuery<
    ResearchPage,
    Error,
    InfiniteData<ResearchPage>,
    readonly unknown[],
    string | undefined
  >({
    ...FRESH,
    enabled: useMayResearch(),
    queryKey: keys.list,
    initialPageParam: undefined,
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) };
      return bodyOf(client.GET("/api/v1/research", { params: { query }, signal }));
    },
    getNextPageParam: (last) => last.next_cursor ?? undefined,
  });
  const items = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  return { ...list, items };
}

export function useResearch(id: string) {
  return useQuery({
    ...FRESH,
    queryKey: keys.one(id),
    queryFn: ({ signal }) => bodyOf(client.GET(ONE, { ...of(id), signal })),
    // A message on the socket may be lost; a research that ended changes no more.
    refetchInterval: ({ state }) =>
      state.data && !isUnderWay(state.data as Research) ? false : POLL_MS,
  });
}

export function useReport(research: Research | undefined) {
  const id = research?.id ?? "";
  return useQuery<Report>({
    queryKey: keys.report(id),
    enabled: research?.state === "done",
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async ({ signal }) => {
      const path = { research_id: id, form: "json" as const };
      // The address may answer with text too; of this form it is the report.
      return (await bodyOf(
        client.GET(`${ONE}/report.{form}`, { params: { path }, signal }),
      )) as Report;
    },
  });
}

/** Keeps the researches on screen in step: what is private is told on `user`. */
export function useLiveResearch(): void {
  const queries = useQueryClient();
  useChannel("user", {
    onUpdate: ({ event, data }) => {
      if (event !== "research.changed" || typeof data.research_id !== "string") return;
      void queries.invalidateQueries({ queryKey: keys.one(data.research_id) });
      void queries.invalidateQueries({ queryKey: keys.list });
    },
    onResync: () => void queries.invalidateQueries({ queryKey: keys.all }),
  });
}

export function useCancel(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => bodyOf(client.POST(`${ONE}/cancel`, of(id))),
    onSuccess: (research) => {
      queries.setQueryData(keys.one(id), research);
      void queries.invalidateQueries({ queryKey: keys.list });
    },
    onError: (error) => {
      toast.error(toProblem(error).message);
      void queries.invalidateQueries({ queryKey: keys.one(id) });
    },
  });
}

/** Deletes one that has ended; whoever shows it leaves it. */
export function useDelete(id: string, onDeleted: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => client.DELETE(ONE, of(id)),
    onSuccess: () => {
      onDeleted();
      queries.removeQueries({ queryKey: keys.one(id) });
      void queries.invalidateQueries({ queryKey: keys.list });
    },
    onError: (error) => void toast.error(toProblem(error).message),
  });
}

export function useBegin() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { question: string; depth: Research["depth"]; cost_usd: string }) =>
      bodyOf(client.POST("/api/v1/research", { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.list }),
  });
}
