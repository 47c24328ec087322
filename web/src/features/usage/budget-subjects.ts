import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import { useSession } from "@/lib/session/session";
import type { Named } from "@/ui/combobox-match";

/** Whom the page sets budgets for; a run has its own when it begins. */
export const SUBJECTS = ["workspace", "user", "key", "project"] as const;
export type Subject = (typeof SUBJECTS)[number];

const PAGE = 200;

interface Page<Item> {
  items: Item[];
  next_cursor?: string | null;
}

/** All that a list has, page after page, while somebody chooses from it. */
function useWhole<Item>(
  key: readonly unknown[],
  enabled: boolean,
  load: (query: { limit: number; cursor?: string }, signal: AbortSignal) => Promise<Page<Item>>,
) {
  const found = useInfiniteQuery({
    queryKey: ["budget-subjects", ...key],
    enabled,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      load({ limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) }, signal),
    getNextPageParam: (page) => page.next_cursor ?? null,
    select: (pages) => pages.pages.flatMap((page) => page.items),
  });
  const { hasNextPage, isFetching, isError, fetchNextPage } = found;
  useEffect(() => {
    if (enabled && hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [enabled, hasNextPage, isFetching, isError, fetchNextPage]);
  return {
    items: found.data ?? [],
    loading: enabled && (found.isPending || (hasNextPage && !isError)),
    error: enabled ? found.error : null,
    retry: () => void found.refetch(),
  };
}

function useWorkspaceId(): string {
  return useSession((session) => (session.status === "signed-in" ? session.workspaceId : "")) ?? "";
}

/** Those of one kind that a budget can be for, by name. */
export function useSubjects(kind: Subject) {
  const workspace_id = useWorkspaceId();
  const people = useWhole(
    ["people", workspace_id],
    kind === "user" || kind === "key",
    (query, signal) => {
      const params = { path: { workspace_id }, query };
      return bodyOf(client.GET("/api/v1/workspaces/{workspace_id}/members", { params, signal }));
    },
  );
  const keys = useWhole(["keys", workspace_id], kind === "key", (query, signal) =>
    bodyOf(client.GET("/api/v1/member-keys", { params: { query }, signal })),
  );
  const projects = useWhole(["projects", workspace_id], kind === "project", (query, signal) =>
    bodyOf(
      client.GET("/api/v1/projects", { params: { query: { ...query, archived: false } }, signal }),
    ),
  );
  const owners = new Map(people.items.map(({ user_id, display_name }) => [user_id, display_name]));
  const options: Record<Subject, readonly Named[]> = {
    workspace: [],
    user: people.items.map(({ user_id, display_name, email }) => ({
      value: user_id,
      label: display_name,
      hint: email,
    })),
    key: keys.items.map(({ id, name, hint, user_id }) => ({
      value: id,
      label: name,
      hint: [owners.get(user_id), hint].filter(Boolean).join(" · "),
    })),
    project: projects.items.map(({ id, name }) => ({ value: id, label: name })),
  };
  const asked = { workspace: null, user: people, key: keys, project: projects }[kind];
  return { loading: false, error: null, retry: () => undefined, ...asked, options: options[kind] };
}
