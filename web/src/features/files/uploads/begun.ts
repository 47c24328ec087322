import { useSession } from "@/lib/session/session";
import type { Target } from "./tus";

/** Which uploads this browser has begun, so that the same file goes on where a reload broke it. */
export interface BegunUploads {
  find: (file: File, target: Target) => string | null;
  keep: (file: File, target: Target, uploadId: string) => void;
  forget: (file: File, target: Target) => void;
}

type Place = Pick<Storage, "getItem" | "setItem">;

const KEY = "vectal.uploads";
/** As long as the server keeps what was begun. */
const LIFETIME_MS = 24 * 3_600_000;
const MOST = 200;

type Entry = [key: string, uploadId: string, at: number];

function isEntry(value: unknown): value is Entry {
  return (
    Array.isArray(value) &&
    typeof value[0] === "string" &&
    typeof value[1] === "string" &&
    typeof value[2] === "number"
  );
}

/** A file is the same when its name, size and time are; only a person's own uploads count. */
function keyOf({ name, size, lastModified }: File, target: Target): string {
  const session = useSession.getState();
  const whose = session.status === "signed-in" ? [session.user.id, session.workspaceId] : [];
  const { folderId, visibility, replaces } = target;
  return JSON.stringify([...whose, name, size, lastModified, folderId, visibility, replaces ?? ""]);
}

function read(storage: Place, now: number): Entry[] {
  try {
    const kept: unknown = JSON.parse(storage.getItem(KEY) ?? "[]");
    return Array.isArray(kept)
      ? kept.filter(isEntry).filter(([, , at]) => now - at < LIFETIME_MS)
      : [];
  } catch {
    return []; // Not ours, or not to be had: it begins anew.
  }
}

function write(storage: Place, entries: readonly Entry[]): void {
  try {
    storage.setItem(KEY, JSON.stringify(entries.slice(-MOST)));
  } catch {
    // Full or forbidden: a reload then begins anew.
  }
}

/** Kept in the browser's storage: ids, names and sizes, no content. */
export function begunUploads(storage: Place, now: () => number = Date.now): BegunUploads {
  const others = (key: string) => read(storage, now()).filter(([one]) => one !== key);
  return {
    find: (file, target) => {
      const key = keyOf(file, target);
      return read(storage, now()).find(([one]) => one === key)?.[1] ?? null;
    },
    keep: (file, target, uploadId) => {
      const key = keyOf(file, target);
      write(storage, [...others(key), [key, uploadId, now()]]);
    },
    forget: (file, target) => write(storage, others(keyOf(file, target))),
  };
}
