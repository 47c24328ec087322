import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import { useSession } from "@/lib/session/session";

/** Leaves for the login page when the session ends, here or in another tab. */
export function RequireSession({ children }: { children: ReactNode }) {
  const status = useSession((state) => state.status);
  const navigate = useNavigate();
  useEffect(() => {
    if (status === "anonymous") {
      const next = window.location.pathname + window.location.search;
      void navigate({ to: "/login", search: { next }, replace: true });
    }
  }, [status, navigate]);
  return status === "signed-in" ? children : null;
}
