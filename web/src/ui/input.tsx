import { clsx } from "clsx";
import type { LucideIcon } from "lucide-react";
import type { ComponentProps } from "react";

/** The look of every text control, shared with Select's trigger. */
export const controlClass =
  "w-full rounded-sm border border-control bg-raised text-ink text-sm shadow-button transition-[border-color,box-shadow] duration-100 hover:border-faint focus:border-accent focus:outline-none focus:ring-3 focus:ring-accent/20 aria-invalid:border-danger aria-invalid:focus:ring-danger/20 disabled:cursor-not-allowed disabled:opacity-55 touch:text-lg";

export interface InputProps extends Omit<ComponentProps<"input">, "size"> {
  icon?: LucideIcon;
  size?: "md" | "lg";
}

export function Input({ icon: Icon, size = "md", className, ...rest }: InputProps) {
  const field = (
    <input
      className={clsx(
        controlClass,
        "read-only:bg-sunken read-only:text-muted",
        size === "md" ? "h-8 touch:h-11" : "h-10 touch:h-12",
        Icon ? "pr-2.5 pl-8" : "px-2.5",
        className,
      )}
      {...rest}
    />
  );
  if (!Icon) return field;
  return (
    <span className="relative block">
      <Icon
        aria-hidden
        size={15}
        className="-translate-y-1/2 pointer-events-none absolute top-1/2 left-2.5 text-faint"
      />
      {field}
    </span>
  );
}

export interface TextareaProps extends ComponentProps<"textarea"> {
  /** Grows with its text up to this many pixels. */
  maxHeight?: number;
  /** Without border and background, for composers that bring their own frame. */
  bare?: boolean;
}

/** Browsers without `field-sizing` get the height set by hand. */
function grow(box: HTMLTextAreaElement | null, maxHeight: number): void {
  if (!box || CSS.supports("field-sizing", "content")) return;
  box.style.height = "auto";
  box.style.height = `${Math.min(box.scrollHeight, maxHeight)}px`;
}

export function Textarea({
  maxHeight = 320,
  bare = false,
  className,
  rows = 3,
  onInput,
  ...rest
}: TextareaProps) {
  return (
    <textarea
      rows={rows}
      style={{ maxHeight }}
      onInput={(event) => {
        grow(event.currentTarget, maxHeight);
        onInput?.(event);
      }}
      className={clsx(
        "field-sizing-content resize-none",
        bare
          ? "w-full bg-transparent text-base outline-none touch:text-lg focus-visible:outline-none"
          : clsx(controlClass, "px-2.5 py-1.5"),
        className,
      )}
      {...rest}
    />
  );
}
