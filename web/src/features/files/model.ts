import type { components, operations } from "@/lib/api/schema";

type Schemas = components["schemas"];

export type StoredFile = Schemas["File"];
export type Folder = Schemas["Folder"];
export type FileVersion = Schemas["FileVersion"];
export type FilesPage = Schemas["Page_File_"];
export type Usage = Schemas["Usage"];
export type Document = Schemas["Document"];
export type DocumentPage = Schemas["Page"];
export type Passage = Schemas["Passage"];
export type FoundPassages = Schemas["DocumentSearchResult"];
export type Visibility = StoredFile["visibility"];
export type FileChange = Omit<Schemas["FilePatch"], "revision">;
export type FolderChange = Omit<Schemas["FolderPatch"], "revision">;

/** The query of a list; it is also the list's key in the cache. */
export type FileQuery = Omit<
  NonNullable<operations["list_files"]["parameters"]["query"]>,
  "cursor" | "limit"
>;

/** One row or card: a folder, or a file. */
export type Entry = { kind: "folder"; folder: Folder } | { kind: "file"; file: StoredFile };

export function idOf(entry: Entry): string {
  return entry.kind === "folder" ? entry.folder.id : entry.file.id;
}

export function nameOf(entry: Entry): string {
  return entry.kind === "folder" ? entry.folder.name : entry.file.name;
}

/** Whether a scan lets the newest version be opened. */
export function isReadable(file: StoredFile): boolean {
  return file.scan === "clean" || file.scan === "unscanned";
}

export function isUnderWay(document: Document): boolean {
  return ["queued", "extracting", "embedding"].includes(document.state);
}

/** Whether pages of it can be drawn: PDF and pictures. */
export function isDrawn(mediaType: string): boolean {
  return (
    mediaType === "application/pdf" || /^image\/(?:png|jpeg|webp|tiff|gif|bmp)$/.test(mediaType)
  );
}
