import { blobOf, follow, saveBlob } from "@/lib/api/blob";
import { calls } from "./calls";
import type { StoredFile } from "./model";

const LINK_LASTS_S = 300;
const DEADLINE_MS = 900_000;

/** All bytes at once. Raises a ProblemError. */
export function contentOf(id: string, number: number): Promise<Blob> {
  return blobOf(`/api/v1/files/${id}/content?version=${number}`, DEADLINE_MS);
}

/**
 * Starts a download. By an address that needs no token the browser streams it, as any download;
 * who may give nobody an address gets it through memory.
 */
export async function download(file: StoredFile, number: number, byLink: boolean): Promise<void> {
  if (!byLink) {
    saveBlob(await contentOf(file.id, number), file.name);
    return;
  }
  const link = await calls.createLink(file.id, {
    version: number,
    disposition: "attachment",
    expires_in_s: LINK_LASTS_S,
  });
  follow(link.url, file.name);
}
