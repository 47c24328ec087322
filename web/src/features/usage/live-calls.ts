import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { create } from "zustand";
import { useChannel, useConnection } from "@/lib/socket/live";

/** What changes with each call to a model; the ledger has its line when it is told of. */
const FOLLOWERS: readonly (readonly unknown[])[] = [
  ["usage", "calls"],
  ["get", "/api/v1/ai/usage"],
  ["get", "/api/v1/ai/budgets"],
  ["get", "/api/v1/ai/health"],
];

/** Whether the server has opened the channel to this tab; it may refuse, or not know it. */
const useHeard = create<{ heard: boolean }>()(() => ({ heard: false }));

const hear = (heard: boolean) => useHeard.setState({ heard });

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
    onSubscribed: () => hear(true),
    onError: () => hear(false),
  });
  useEffect(() => () => hear(false), []);
}

const POLL_MS = 10_000;

/**
 * What changes by time alone is always polled. Budgets are settled in slices, some seconds after a call is told of; what
 * is measured of models is up to a second old, and a model's pause ends without a call.
 */
export const polled = { refetchInterval: POLL_MS };

/** For queries of the page: asked again by the clock only while the channel tells of no news. */
export function useFallbackPoll(): { refetchInterval: number | false } {
  const ready = useConnection((state) => state.status === "ready");
  const heard = useHeard((state) => state.heard);
  return { refetchInterval: ready && heard ? false : POLL_MS };
}
