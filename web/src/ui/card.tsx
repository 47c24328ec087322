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
    <header className="flex items-start justify-between gap-4 px-4 pt-3.5 pb-3">
      <div className="min-w-0">
        <h3 className="font-semibold text-base">{title}</h3>
        {children && <p className="mt-0.5 text-muted text-sm">{children}</p>}
      </div>
      {action}
    </header>
  );
}
