import type { QueryClient } from "@tanstack/react-query";
import type { Document, FileQuery } from "./model";

export const keys = {
  all: ["files"] as const,
  list: (query: FileQuery) => ["files", "list", query] as const,
  file: (id: string) => ["files", "one", id] as const,
  versions: (id: string) => ["files", "versions", id] as const,
  folders: (parentId: string | null) => ["files", "folders", parentId] as const,
  trashedFolders: ["files", "folders", "trash"] as const,
  everyFolder: ["files", "folders", "everywhere"] as const,
  way: (id: string) => ["files", "way", id] as const,
  usage: ["files", "usage"] as const,
  document: (id: string) => ["documents", "one", id] as const,
  page: (id: string, number: number, page: number) =>
    ["documents", "page", id, number, page] as const,
  search: (words: string, fileId: string | null) => ["documents", "search", words, fileId] as const,
};

const timers = new WeakMap<QueryClient, ReturnType<typeof setTimeout>>();
const SETTLE_MS = 250;

/** Asks anew for what is on screen soon, once for a burst of news. */
export function refreshSoon(queries: QueryClient): void {
  if (timers.has(queries)) return;
  timers.set(
    queries,
    setTimeout(() => {
      timers.delete(queries);
      void queries.invalidateQueries({ queryKey: keys.all });
    }, SETTLE_MS),
  );
}

/** What an update tells of the reading of a version. */
export interface DocumentNews {
  file_id: string;
  number: number;
  state: Document["state"];
  stage: Document["stage"];
  pages_done: number;
  pages_total: number;
  chunks_done: number;
  chunks_total: number;
}

/** Takes the news into what is known. Null: it tells too little, so the server must be asked. */
export function withNews(known: Document | null | undefined, news: DocumentNews): Document | null {
  if (!known || known.number > news.number) return known ?? null;
  const under =
    news.state === "queued" || news.state === "extracting" || news.state === "embedding";
  // The end comes with words, and another version with all of its own.
  if (!under || known.number !== news.number) return null;
  return { ...known, ...news, code: null, detail: null };
}

export function takeNews(queries: QueryClient, news: DocumentNews): void {
  const key = keys.document(news.file_id);
  const known = queries.getQueryData<Document | null>(key);
  if (known === undefined) return; // nobody has asked for it
  const next = withNews(known, news);
  if (next) queries.setQueryData(key, next);
  else void queries.invalidateQueries({ queryKey: key });
}
