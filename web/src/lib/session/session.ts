import { create } from "zustand";
import { readProblem } from "../api/problem";
import { storage } from "../storage";
import type { AuthResponse, SessionUser, SessionWorkspace } from "./contracts";
import { TokenKeeper } from "./keeper";

type SessionState =
  | { status: "unknown" }
  | { status: "anonymous" }
  | {
      status: "signed-in";
      user: SessionUser;
      workspaces: SessionWorkspace[];
      workspaceId: string | null;
    };

/** Who is signed in. Tokens are not in here: see `keeper`. */
export const useSession = create<SessionState>()(() => ({ status: "unknown" }));

const REFRESH_TIMEOUT_MS = 15_000;

async function refresh(): Promise<AuthResponse | null> {
  const response = await fetch("/api/v1/auth/refresh", {
    method: "POST",
    credentials: "same-origin",
    headers: { Accept: "application/json" },
    signal: AbortSignal.timeout(REFRESH_TIMEOUT_MS),
  });
  if (response.status === 401 || response.status === 403) return null;
  if (!response.ok) throw await readProblem(response);
  return (await response.json()) as AuthResponse;
}

function alone<T>(work: () => Promise<T>): Promise<T> {
  // Plain-http origins have no Web Locks; the server's grace for two tabs covers those.
  if (!navigator.locks) return work();
  return navigator.locks.request("vectal.refresh", async () => {
    // A renewal by the tab that held the lock before may still be on its way to us.
    await new Promise((resolve) => setTimeout(resolve, 25));
    return work();
  }) as Promise<T>;
}

export const keeper = new TokenKeeper({
  refresh,
  alone,
  tabs: typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("vectal.session"),
  now: () => Date.now(),
});

function chooseWorkspace(auth: AuthResponse): string | null {
  const stored = storage.get("workspace");
  if (stored && auth.workspaces.some((w) => w.id === stored)) return stored;
  return auth.user.default_workspace_id ?? auth.workspaces[0]?.id ?? null;
}

keeper.onChange((event) => {
  if (event.type === "signed-out") {
    useSession.setState({ status: "anonymous" }, true);
    return;
  }
  const { auth } = event;
  const now = useSession.getState();
  useSession.setState(
    {
      status: "signed-in",
      user: auth.user,
      workspaces: auth.workspaces,
      workspaceId:
        now.status === "signed-in" && now.user.id === auth.user.id
          ? now.workspaceId
          : chooseWorkspace(auth),
    },
    true,
  );
});

/** Takes the answer of login, set-up or sign-up: the person is signed in, in every tab. */
export function signIn(auth: AuthResponse): void {
  keeper.accept(auth);
}

/** Finds out, once a page load, whether the refresh cookie still signs somebody in. */
export async function restoreSession(): Promise<boolean> {
  const { status } = useSession.getState();
  if (status === "signed-in") return true;
  if (status === "anonymous") return false;
  const auth = await keeper.renew(null);
  if (!auth) useSession.setState({ status: "anonymous" }, true);
  return auth !== null;
}

/** Ends the session on the server, then here and in the other tabs. */
export async function signOut(): Promise<void> {
  const token = await keeper.token();
  try {
    await fetch("/api/v1/auth/logout", {
      method: "POST",
      credentials: "same-origin",
      headers: token ? { Authorization: `Bearer ${token}` } : {},
      signal: AbortSignal.timeout(REFRESH_TIMEOUT_MS),
    });
  } finally {
    keeper.drop();
  }
}

/** Moves this tab to another workspace. Callers clear the query cache (see `app/query.ts`). */
export function chooseWorkspaceId(workspaceId: string): void {
  const now = useSession.getState();
  if (now.status !== "signed-in") return;
  storage.set("workspace", workspaceId);
  useSession.setState({ ...now, workspaceId }, true);
}

/** Keeps the shell's picture of the person in step after they edit their profile. */
export function updateSessionUser(change: Partial<SessionUser>): void {
  const now = useSession.getState();
  if (now.status === "signed-in") {
    useSession.setState({ ...now, user: { ...now.user, ...change } }, true);
  }
}

/** The signed-in person. Only for components under the signed-in layout. */
export function useUser(): SessionUser {
  const user = useSession((state) => (state.status === "signed-in" ? state.user : null));
  if (!user) throw new Error("useUser needs a signed-in session");
  return user;
}

/** The id of the workspace that this tab shows, or null. */
export function useWorkspaceId(): string | null {
  return useSession((state) => (state.status === "signed-in" ? state.workspaceId : null));
}
