import { clsx } from "clsx";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

export type Tone = "neutral" | "accent" | "ok" | "warn" | "danger" | "info";

const TONES: Record<Tone, string> = {
  neutral: "bg-active text-muted",
  accent: "bg-accent-soft text-accent-ink",
  ok: "bg-ok-soft text-ok-ink",
  warn: "bg-warn-soft text-warn-ink",
  danger: "bg-danger-soft text-danger-ink",
  info: "bg-info-soft text-info-ink",
};

export interface BadgeProps {
  tone?: Tone;
  icon?: LucideIcon;
  className?: string;
  children: ReactNode;
}

export function Badge({ tone = "neutral", icon: Icon, className, children }: BadgeProps) {
  return (
    <span
      className={clsx(
        "inline-flex h-5 shrink-0 items-center gap-1 rounded-xs px-1.5 font-medium text-xs",
        TONES[tone],
        className,
      )}
    >
      {Icon && <Icon aria-hidden size={12} />}
      {children}
    </span>
  );
}

export const LABEL_COLORS = [
  "gray",
  "red",
  "orange",
  "yellow",
  "green",
  "teal",
  "blue",
  "purple",
  "pink",
] as const;
export type LabelColor = (typeof LABEL_COLORS)[number];

/** The token of a label or project colour; an unknown name becomes grey. */
export function labelColor(name: string | null | undefined): string {
  const known = LABEL_COLORS.find((color) => color === name);
  return `var(--label-${known ?? "gray"})`;
}

/** The small filled circle of a project or label. */
export function ColorDot({ color, size = 8 }: { color?: string | null; size?: number }) {
  return (
    <span
      aria-hidden
      className="inline-block shrink-0 rounded-full"
      style={{ width: size, height: size, background: labelColor(color) }}
    />
  );
}

/** A label of a task: dot and name in a hairline pill. */
export function LabelPill({ color, children }: { color?: string | null; children: ReactNode }) {
  return (
    <span className="inline-flex h-5 max-w-40 shrink-0 items-center gap-1.5 rounded-full border px-2 text-muted text-xs">
      <ColorDot color={color ?? null} size={7} />
      <span className="truncate">{children}</span>
    </span>
  );
}
