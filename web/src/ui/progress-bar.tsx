import { clsx } from "clsx";
import { Progress } from "radix-ui";

export interface ProgressBarProps {
  /** 0 to 1. */
  value: number;
  label: string;
  tone?: "accent" | "ok" | "warn" | "danger";
  className?: string;
}

const TONES = { accent: "bg-accent", ok: "bg-ok", warn: "bg-warn", danger: "bg-danger" };

export function ProgressBar({ value, label, tone = "accent", className }: ProgressBarProps) {
  const part = Math.min(1, Math.max(0, value));
  return (
    <Progress.Root
      value={Math.round(part * 100)}
      aria-label={label}
      className={clsx("h-1.5 overflow-hidden rounded-full bg-active", className)}
    >
      <Progress.Indicator
        className={clsx(
          "h-full rounded-full transition-[width] duration-300 ease-out",
          TONES[tone],
        )}
        style={{ width: `${part * 100}%` }}
      />
    </Progress.Root>
  );
}
