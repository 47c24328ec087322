import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

/** A warning beside a name that leads to no model at this moment. */
export function NoModel({ children }: { children: ReactNode }) {
  return (
    <p className="mt-1 flex items-center gap-1.5 text-warn-ink text-xs">
      <TriangleAlert aria-hidden size={12} className="shrink-0" />
      {children}
    </p>
  );
}
