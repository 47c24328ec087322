import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { loadStrings } from "@/lib/i18n/i18n";
import { appRoute } from "./app";

type Search = Record<string, unknown>;

export const FILE_SORTS = ["name", "updated", "created", "size"] as const;

export interface FilesSearch {
  folder?: string | undefined;
  trash?: true | undefined;
  q?: string | undefined;
  sort?: (typeof FILE_SORTS)[number] | undefined;
  order?: "asc" | "desc" | undefined;
}

function readFiles(search: Search): FilesSearch {
  const sort = FILE_SORTS.find((known) => known === search.sort);
  return {
    ...(typeof search.folder === "string" && search.folder ? { folder: search.folder } : {}),
    ...(search.trash === true ? { trash: true } : {}),
    // Words that look like a number come as one.
    ...(search.q !== undefined && search.q !== "" ? { q: String(search.q) } : {}),
    ...(sort ? { sort } : {}),
    ...(search.order === "asc" || search.order === "desc" ? { order: search.order } : {}),
  };
}

/** A passage of a file: `start` and `end` count characters of the page's text. */
export interface ViewerSearch {
  version?: number | undefined;
  page?: number | undefined;
  start?: number | undefined;
  end?: number | undefined;
}

const MOST = 2_147_483_647;

function whole(value: unknown, least: number): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= least && value <= MOST
    ? value
    : undefined;
}

/** What citations link to: `/files/{file_id}?version=2&page=3&start=120&end=260`. */
export function readViewer(search: Search): ViewerSearch {
  const version = whole(search.version, 1);
  const page = whole(search.page, 1);
  const start = whole(search.start, 0);
  const end = whole(search.end, 1);
  const passage = start !== undefined && end !== undefined && start < end;
  return {
    ...(version === undefined ? {} : { version }),
    ...(page === undefined ? {} : { page }),
    ...(passage ? { start, end } : {}),
  };
}

const filesRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/files",
  validateSearch: readFiles,
  loader: () => loadStrings("files"),
  component: lazyRouteComponent(() => import("@/features/files/files-page"), "FilesPage"),
});

const fileRoute = createRoute({
  getParentRoute: () => appRoute,
  path: "/files/$id",
  validateSearch: readViewer,
  loader: () => loadStrings("files"),
  component: lazyRouteComponent(() => import("@/features/files/viewer/viewer-page"), "ViewerPage"),
});

export const fileRoutes = [filesRoute, fileRoute];
