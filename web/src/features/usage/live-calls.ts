import { useQueryClient } from "@tanstack/react-query";
import { useChannel, useConnection } from "@/lib/socket/live";

/** What changes with each call to a model; the ledger has its line when it is told of. */
const FOLLOWERS: readonly (readonly unknown[])[] = [
  ["usage", "calls"],
  ["get", "/api/v1/ai/usage"],
  ["get", "/api/v1/ai/budgets"],
  ["get", "/api/v1/ai/health"],
];

/** Asks again for all that follows from calls as soon as the server tells of one. */
export function useLiveCalls(): void {
  const queries = useQueryClient();
  const refresh = () => {
    for (const queryKey of FOLLOWERS) void queries.invalidateQueries({ queryKey });
  };
  useChannel("calls", {
    onUpdate: ({ event }) => {
      if (event === "ai.calls_changed") refresh();
    },
    onResync: refresh,
  });
}

const POLL_MS = 10_000;

/** Budgets are settled in slices, some seconds after a call is told of: they are always polled. */
export const polled = { refetchInterval: POLL_MS };

/** For queries of the page: asked again by the clock only while no socket tells of news. */
export function useFallbackPoll(): { refetchInterval: number | false } {
  const told = useConnection((state) => state.status === "ready");
  return { refetchInterval: told ? false : POLL_MS };
}
