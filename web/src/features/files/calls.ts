import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import type {
  DocumentPage,
  FileChange,
  FileQuery,
  Folder,
  FolderChange,
  FoundPassages,
  Visibility,
} from "./model";

const FILE = "/api/v1/files/{file_id}";
const FOLDER = "/api/v1/folders/{folder_id}";
const DOCUMENT = "/api/v1/documents/{file_id}";
const PAGE = 200;
/** A folder has at most 10,000 folders in it. */
const MOST_PAGES = 50;

const ofFile = (id: string) => ({ path: { file_id: id } });
const ofFolder = (id: string) => ({ path: { folder_id: id } });

type FolderQuery = { parent_id?: string; everywhere?: boolean; trashed?: boolean };

async function allFolders(query: FolderQuery, signal: AbortSignal): Promise<Folder[]> {
  const found: Folder[] = [];
  let cursor: string | null = null;
  for (let i = 0; i < MOST_PAGES; i += 1) {
    const asked = { ...query, limit: PAGE, ...(cursor ? { cursor } : {}) };
    // oxlint-disable-next-line no-await-in-loop -- each page names the next one
    const page: { items: Folder[]; next_cursor?: string | null } = await bodyOf(
      client.GET("/api/v1/folders", { params: { query: asked }, signal }),
    );
    found.push(...page.items);
    cursor = page.next_cursor ?? null;
    if (!cursor) break;
  }
  return found;
}

/** The calls of files, folders and documents. */
export const calls = {
  listFiles: (query: FileQuery & { cursor?: string }, signal: AbortSignal) =>
    bodyOf(client.GET("/api/v1/files", { params: { query: { ...query, limit: PAGE } }, signal })),
  listFolders: (parentId: string | null, signal: AbortSignal) =>
    allFolders(parentId ? { parent_id: parentId } : {}, signal),
  listTrashedFolders: (signal: AbortSignal) => allFolders({ trashed: true }, signal),
  listEveryFolder: (signal: AbortSignal) => allFolders({ everywhere: true }, signal),
  getFile: (id: string, signal?: AbortSignal) =>
    bodyOf(client.GET(FILE, { params: ofFile(id), ...(signal ? { signal } : {}) })),
  getWay: (id: string, signal: AbortSignal) =>
    bodyOf(client.GET(`${FOLDER}/way`, { params: ofFolder(id), signal })),
  getUsage: (signal: AbortSignal) => bodyOf(client.GET("/api/v1/files/usage", { signal })),
  changeFile: (id: string, revision: number, change: FileChange) =>
    bodyOf(client.PATCH(FILE, { params: ofFile(id), body: { ...change, revision } })),
  trashFile: async (id: string): Promise<void> => {
    await client.DELETE(FILE, { params: ofFile(id) });
  },
  restoreFile: async (id: string): Promise<void> => {
    await client.POST(`${FILE}/restore`, { params: ofFile(id) });
  },
  purgeFile: async (id: string): Promise<void> => {
    await client.POST(`${FILE}/purge`, { params: ofFile(id) });
  },
  createFolder: (name: string, parentId: string | null, visibility: Visibility) =>
    bodyOf(client.POST("/api/v1/folders", { body: { name, parent_id: parentId, visibility } })),
  changeFolder: (id: string, revision: number, change: FolderChange) =>
    bodyOf(client.PATCH(FOLDER, { params: ofFolder(id), body: { ...change, revision } })),
  trashFolder: async (id: string): Promise<void> => {
    await client.DELETE(FOLDER, { params: ofFolder(id) });
  },
  restoreFolder: async (id: string): Promise<void> => {
    await client.POST(`${FOLDER}/restore`, { params: ofFolder(id) });
  },
  purgeFolder: async (id: string): Promise<void> => {
    await client.POST(`${FOLDER}/purge`, { params: ofFolder(id) });
  },
  listVersions: (id: string, signal: AbortSignal) =>
    bodyOf(
      client.GET(`${FILE}/versions`, {
        params: { ...ofFile(id), query: { limit: PAGE } },
        signal,
      }),
    ),
  restoreVersion: (id: string, number: number) =>
    bodyOf(
      client.POST(`${FILE}/versions/{number}/restore`, {
        params: { path: { file_id: id, number } },
      }),
    ),
  createLink: (
    id: string,
    link: { version?: number; disposition: "attachment" | "inline"; expires_in_s: number },
  ) => bodyOf(client.POST(`${FILE}/links`, { params: ofFile(id), body: link })),
  listDocuments: (ids: string[]) =>
    bodyOf(client.GET("/api/v1/documents", { params: { query: { file_id: ids } } })),
  reindex: (id: string) => bodyOf(client.POST(`${DOCUMENT}/reindex`, { params: ofFile(id) })),
  cancelReading: (id: string) => bodyOf(client.POST(`${DOCUMENT}/cancel`, { params: ofFile(id) })),
  getPage: (id: string, number: number, page: number, signal: AbortSignal) =>
    bodyOf(
      client.GET(`${DOCUMENT}/pages/{page}`, {
        params: { path: { file_id: id, page }, query: { number } },
        signal,
      }),
    ) as Promise<DocumentPage>,
  /** A page as a picture. */
  drawPage: (id: string, number: number, page: number, width: number, signal: AbortSignal) =>
    bodyOf(
      client.GET(`${DOCUMENT}/pages/{page}/image`, {
        params: { path: { file_id: id, page }, query: { number, width } },
        parseAs: "blob",
        signal,
      }),
    ) as Promise<Blob>,
  search: (
    wanted: { query: string; limit: number; file_ids?: string[]; folder_id?: string },
    signal: AbortSignal,
  ) =>
    bodyOf(
      client.POST("/api/v1/documents/search", { body: wanted, signal }),
      // The client's types take a box for a list of any length.
    ) as Promise<FoundPassages>,
};
