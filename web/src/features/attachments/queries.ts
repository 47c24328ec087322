import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { calls } from "@/features/tasks/calls";
import { useProjects } from "@/features/tasks/queries";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import { useDebounced } from "@/lib/use-debounced";
import { type Attachment, type AttachmentKind, matching, type StoredFile } from "./model";

export const keys = {
  recent: ["attachments", "files"] as const,
  named: (words: string) => ["attachments", "files", words] as const,
  tasks: (words: string) => ["attachments", "tasks", words] as const,
  of: (kind: string, id: string) => ["attachments", "of", kind, id] as const,
};

const RECENT = 50;
const SHOWN = 6;
const PAUSE_MS = 150;
const NO_FILES: StoredFile[] = [];

async function listFiles(query: object, signal: AbortSignal): Promise<StoredFile[]> {
  const found = client.GET("/api/v1/files", {
    params: { query: { limit: RECENT, ...query } },
    signal,
  });
  return (await bodyOf(found)).items;
}

/** Files by name. Names are stored sealed, so the server finds whole words; the rest is done here. */
function useFiles(query: string, enabled: boolean): StoredFile[] {
  const words = useDebounced(query.trim(), PAUSE_MS);
  const recent = useQuery({
    queryKey: keys.recent,
    enabled,
    queryFn: ({ signal }) => listFiles({}, signal),
  });
  const named = useQuery({
    queryKey: keys.named(words),
    enabled: enabled && words.length > 1,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) => listFiles({ q: words }, signal),
  });
  const near = matching(recent.data ?? NO_FILES, query);
  const far = query.trim() === "" ? NO_FILES : (named.data ?? NO_FILES);
  return [...near, ...far.filter((file) => near.every((one) => one.id !== file.id))];
}

function useTasks(query: string, enabled: boolean) {
  const words = useDebounced(query.trim(), PAUSE_MS);
  const { data } = useQuery({
    queryKey: keys.tasks(words),
    enabled,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      calls.listTasks({ limit: SHOWN, ...(words ? { q: words } : {}) }, signal),
  });
  return data?.items ?? [];
}

/** What could be attached, by kind, the nearest first. */
export function useCandidates(
  query: string,
  kinds: readonly AttachmentKind[],
): Record<AttachmentKind, Attachment[]> {
  const files = useFiles(query, kinds.includes("file"));
  const tasks = useTasks(query, kinds.includes("task"));
  const projects = useProjects();
  const of = (kind: AttachmentKind, all: readonly { id: string; name: string }[]) =>
    kinds.includes(kind) ? all.slice(0, SHOWN).map(({ id, name }) => ({ kind, id, name })) : [];
  return {
    file: of("file", files),
    project: of("project", matching(projects, query)),
    task: of(
      "task",
      tasks.map(({ id, title }) => ({ id, name: title })),
    ),
  };
}
