import { clsx } from "clsx";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

export interface EmptyStateProps {
  icon: LucideIcon;
  title: ReactNode;
  /** One or two short sentences: why it is empty, what comes next. */
  children?: ReactNode;
  /** The one thing to do from here. */
  action?: ReactNode;
  size?: "page" | "panel";
  className?: string;
}

export function EmptyState({
  icon: Icon,
  title,
  children,
  action,
  size = "page",
  className,
}: EmptyStateProps) {
  return (
    <div
      className={clsx(
        "mx-auto flex max-w-80 flex-col items-center text-center",
        size === "page" ? "min-h-[min(100%,560px)] justify-center py-12" : "py-10",
        className,
      )}
    >
      <span className="relative mb-5 grid size-14 place-items-center rounded-xl border bg-raised text-accent-ink shadow-button">
        <span
          aria-hidden
          className="-inset-3 absolute rounded-[22px] border border-line border-dashed opacity-60"
        />
        <Icon aria-hidden size={24} strokeWidth={1.6} />
      </span>
      <h2 className="font-semibold text-base text-ink tracking-[-0.006em]">{title}</h2>
      {children && <p className="mt-1 text-pretty text-muted text-sm">{children}</p>}
      {action && <div className="mt-5 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}
