import { keeper, useSession } from "../session/session";
import { readProblem } from "./problem";

/** How long an address of bytes in memory lasts: the browser has taken them over by then. */
const LASTS_MS = 300_000;

/** All bytes of an address of the API at once. Raises a ProblemError. */
export async function blobOf(path: string, deadlineMs: number): Promise<Blob> {
  const token = await keeper.token();
  const session = useSession.getState();
  const workspace = session.status === "signed-in" ? session.workspaceId : null;
  const response = await fetch(path, {
    headers: {
      ...(token ? { Authorization: `Bearer ${token}` } : {}),
      ...(workspace ? { "Vectal-Workspace": workspace } : {}),
    },
    signal: AbortSignal.timeout(deadlineMs),
  });
  if (!response.ok) throw await readProblem(response);
  return response.blob();
}

/** Starts a download of what an address holds. */
export function follow(address: string, name: string): void {
  const anchor = document.createElement("a");
  anchor.href = address;
  anchor.download = name;
  anchor.click();
}

export function saveBlob(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  follow(address, name);
  setTimeout(() => URL.revokeObjectURL(address), LASTS_MS);
}
