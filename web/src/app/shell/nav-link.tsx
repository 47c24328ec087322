import { Link, type LinkProps } from "@tanstack/react-router";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

export interface NavLinkProps {
  to: LinkProps["to"];
  params?: LinkProps["params"];
  search?: LinkProps["search"];
  icon?: LucideIcon;
  /** In the icon's place, such as a project's colour dot. */
  lead?: ReactNode;
  /** At the right edge, such as a count. */
  trail?: ReactNode;
  children: ReactNode;
}

/** One row of the navigation. Features use it for their own lists (projects). */
export function NavLink({ icon: Icon, lead, trail, children, ...link }: NavLinkProps) {
  return (
    <Link
      {...(link as LinkProps)}
      className="group flex h-8 select-none items-center gap-2.5 rounded-sm px-2 text-sm touch:h-11"
      activeProps={{ className: "bg-active font-medium text-ink", "aria-current": "page" }}
      inactiveProps={{ className: "text-muted hover:bg-hover hover:text-ink" }}
    >
      <span className="grid size-4 shrink-0 place-items-center">
        {Icon && (
          <Icon
            aria-hidden
            size={16}
            strokeWidth={1.85}
            className="group-data-[status=active]:text-accent-ink"
          />
        )}
        {lead}
      </span>
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {trail && <span className="text-faint text-xs tabular-nums">{trail}</span>}
    </Link>
  );
}
