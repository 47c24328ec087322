import { clsx } from "clsx";
import type { ComponentProps, ReactNode } from "react";

export function Card({ className, ...rest }: ComponentProps<"section">) {
  return (
    <section className={clsx("rounded-md border bg-raised shadow-panel", className)} {...rest} />
  );
}

export interface CardHeaderProps {
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
}

export function CardHeader({ title, children, action }: CardHeaderProps) {
  return (
    <header className="px-4 pt-3 pb-3">
      <div className="flex min-h-7 flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <h3 className="min-w-0 font-semibold text-base">{title}</h3>
        {action}
      </div>
      {children && <p className="mt-0.5 text-pretty text-muted text-sm touch:mt-1">{children}</p>}
    </header>
  );
}
