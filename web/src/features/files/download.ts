import { readProblem } from "@/lib/api/problem";
import { keeper, useSession } from "@/lib/session/session";
import { calls } from "./calls";
import type { StoredFile } from "./model";

const LINK_LASTS_S = 300;
const DEADLINE_MS = 900_000;

function follow(address: string, name: string): void {
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.download = name;
  anchor.click();
}

/** All bytes at once. Raises a ProblemError. */
export async function contentOf(id: string, number: number): Promise<Blob> {
  const token = await keeper.token();
  const session = useSession.getState();
  const workspace = session.status === "signed-in" ? session.workspaceId : null;
  const response = await fetch(`/api/v1/files/${id}/content?version=${number}`, {
    headers: {
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      ...(workspace ? { "Vectal-Workspace": workspace } : {}),
    },
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  if (!response.ok) throw await readProblem(response);
  return response.blob();
}

/**
 * Starts a download. By an address that needs no token the browser streams it, as any download;
 * who may give nobody an address gets it through memory.
 */
export async function download(file: StoredFile, number: number, byLink: boolean): Promise<void> {
  if (byLink) {
    const link = await calls.createLink(file.id, {
      version: number,
      disposition: "attachment",
      expires_in_s: LINK_LASTS_S,
    });
    follow(link.url, file.name);
    return;
  }
  const address = URL.createObjectURL(await contentOf(file.id, number));
  follow(address, file.name);
  // The browser has taken it over by then.
  setTimeout(() => URL.revokeObjectURL(address), LINK_LASTS_S * 1000);
}
