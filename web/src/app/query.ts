import type { Query } from "@tanstack/react-query";
import { ProblemError } from "@/lib/api/problem";
import { Queries } from "@/lib/queries";
import { useSession } from "@/lib/session/session";
import { useConnection } from "@/lib/socket/live";

const MAX_RETRIES = 2;

function hasFailed(query: Query): boolean {
  return query.state.status === "error";
}

function worthRetrying(failures: number, error: unknown): boolean {
  if (failures >= MAX_RETRIES || !(error instanceof ProblemError)) return false;
  return error.isNetwork || error.status >= 500 || error.status === 429;
}

export const queryClient = new Queries({
  defaultOptions: {
    queries: {
      retry: worthRetrying,
      // Live updates keep the cache fresh; refetches on focus heal what a sleeping tab missed.
      staleTime: 30_000,
      refetchOnWindowFocus: true,
    },
    // Never by itself: the transport already repeats a POST that met a network fault.
    mutations: { retry: false },
  },
});

// What failed while the server was away is asked again as soon as it is back.
useConnection.subscribe((now, before) => {
  if (now.status !== "ready" || before.status === "ready") return;
  void queryClient.refetchQueries({ type: "active", predicate: hasFailed });
});

// Another person or another workspace must never see what is cached.
useSession.subscribe((now, before) => {
  const key = (s: typeof now) =>
    s.status === "signed-in" ? `${s.user.id}/${s.workspaceId}` : s.status;
  if (before.status !== "unknown" && key(now) !== key(before)) queryClient.clear();
});
