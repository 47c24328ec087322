/** A file that was chosen or dropped, and the folders that it lies in. */
export interface Picked {
  file: File;
  folders: readonly string[];
}

const MOST_FILES = 5_000;

/** Files of a picker; one for folders names the way to each. */
export function ofPicker(list: FileList | readonly File[]): Picked[] {
  return [...list].map((file) => {
    const way = (file.webkitRelativePath || file.name).split("/").filter(Boolean);
    return { file, folders: way.slice(0, -1) };
  });
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

function entriesOf(reader: FileSystemDirectoryReader): Promise<FileSystemEntry[]> {
  return new Promise((resolve, reject) => reader.readEntries(resolve, reject));
}

async function gather(
  entry: FileSystemEntry,
  folders: readonly string[],
  found: Picked[],
): Promise<void> {
  if (found.length >= MOST_FILES) return;
  if (entry.isFile) {
    found.push({ file: await fileOf(entry as FileSystemFileEntry), folders });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const within = [...folders, entry.name];
  // A reader gives a hundred at a time, and none at the end.
  // oxlint-disable-next-line no-await-in-loop
  for (let some = await entriesOf(reader); some.length > 0; some = await entriesOf(reader)) {
    // oxlint-disable-next-line no-await-in-loop -- in the order that the person sees
    for (const each of some) await gather(each, within, found);
  }
}

/** What was dropped, folders with all that is in them. Call it within the event: it must not wait. */
export function ofDrop(transfer: DataTransfer): Promise<Picked[]> {
  const entries = [...transfer.items].flatMap((item) => {
    const entry = item.kind === "file" ? item.webkitGetAsEntry() : null;
    return entry ? [entry] : [];
  });
  if (entries.length === 0) return Promise.resolve(ofPicker(transfer.files));
  return (async () => {
    const found: Picked[] = [];
    // oxlint-disable-next-line no-await-in-loop
    for (const entry of entries) await gather(entry, [], found);
    return found;
  })();
}

/** What was pasted. A picture of the screen has no name of its own. */
export function ofPaste(transfer: DataTransfer | null, nameOf: (kind: string) => string): Picked[] {
  return [...(transfer?.files ?? [])].map((file) => {
    const nameless = /^image\.(?<kind>\w+)$/.exec(file.name)?.groups?.kind;
    const named = nameless ? new File([file], nameOf(nameless), { type: file.type }) : file;
    return { file: named, folders: [] };
  });
}

type MakeFolder = (name: string, parentId: string | null) => Promise<string>;

/** Files by the folder that they go to; folders on the way are made, each once. */
export async function intoFolders(
  picked: readonly Picked[],
  top: string | null,
  make: MakeFolder,
): Promise<{ folderId: string | null; files: File[] }[]> {
  const made = new Map<string, string | null>([["", top]]);
  const groups = new Map<string | null, File[]>();
  for (const { file, folders } of picked) {
    let way = "";
    for (const name of folders) {
      const parent = made.get(way) ?? null;
      way = `${way}/${name}`;
      // oxlint-disable-next-line no-await-in-loop -- a folder needs the one that it lies in
      if (!made.has(way)) made.set(way, await make(name, parent));
    }
    const folderId = made.get(way) ?? null;
    groups.set(folderId, [...(groups.get(folderId) ?? []), file]);
  }
  return [...groups].map(([folderId, files]) => ({ folderId, files }));
}
