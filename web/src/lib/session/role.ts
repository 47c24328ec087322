import { useSession } from "./session";

/** The person's role in the workspace that this tab shows. */
export function useRole() {
  return useSession((session) =>
    session.status === "signed-in"
      ? session.workspaces.find((each) => each.id === session.workspaceId)?.role
      : undefined,
  );
}

/** Whether the person administers the workspace that this tab shows. */
export function useManages(): boolean {
  const role = useRole();
  return role === "owner" || role === "admin";
}
