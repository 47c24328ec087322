import { clsx } from "clsx";
import { CircleAlert, CircleCheck, Info, type LucideIcon, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Tone } from "./badge";

const LOOKS: Record<Exclude<Tone, "neutral" | "accent">, { icon: LucideIcon; look: string }> = {
  info: { icon: Info, look: "bg-info-soft text-info-ink" },
  ok: { icon: CircleCheck, look: "bg-ok-soft text-ok-ink" },
  warn: { icon: TriangleAlert, look: "bg-warn-soft text-warn-ink" },
  danger: { icon: CircleAlert, look: "bg-danger-soft text-danger-ink" },
};

export interface BannerProps {
  tone?: keyof typeof LOOKS;
  title?: ReactNode;
  action?: ReactNode;
  className?: string;
  children?: ReactNode;
}

/** A message that stays in the page. `danger` is announced at once, the others politely. */
export function Banner({ tone = "info", title, action, className, children }: BannerProps) {
  const { icon: Icon, look } = LOOKS[tone];
  return (
    <div
      role={tone === "danger" ? "alert" : "status"}
      className={clsx(
        "flex flex-wrap items-start gap-x-2.5 gap-y-2 rounded-md px-3 py-2.5 text-sm",
        look,
        className,
      )}
    >
      <Icon aria-hidden size={16} className="mt-0.5 shrink-0" />
      <div className="min-w-48 flex-1">
        {title && <p className="font-semibold">{title}</p>}
        {children && <div className="text-pretty">{children}</div>}
      </div>
      {action && <div className="ml-auto">{action}</div>}
    </div>
  );
}
