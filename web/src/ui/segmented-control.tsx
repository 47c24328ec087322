import { clsx } from "clsx";
import type { LucideIcon } from "lucide-react";
import type { KeyboardEvent } from "react";

export interface Segment<Value extends string> {
  value: Value;
  label: string;
  icon?: LucideIcon;
}

export interface SegmentedControlProps<Value extends string> {
  /** Names the group for screen readers. */
  label: string;
  value: Value;
  onChange: (value: Value) => void;
  segments: readonly Segment<Value>[];
  /** Icons only; the labels stay for screen readers. */
  iconsOnly?: boolean;
  className?: string;
}

const STEPS: Readonly<Record<string, number>> = {
  ArrowRight: 1,
  ArrowDown: 1,
  ArrowLeft: -1,
  ArrowUp: -1,
};

/**
 * One of a few, in place: a view, a mode, a theme. One stop of the Tab key; arrows move the choice.
 * By hand, for radix's group chooses only while the arrow is still held when the focus arrives.
 */
export function SegmentedControl<Value extends string>({
  label,
  value,
  onChange,
  segments,
  iconsOnly = false,
  className,
}: SegmentedControlProps<Value>) {
  const onKeyDown = (event: KeyboardEvent<HTMLButtonElement>) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = segments.findIndex((segment) => segment.value === value);
    const next = (at + step + segments.length) % segments.length;
    const chosen = segments[next];
    if (!chosen) return;
    onChange(chosen.value);
    event.currentTarget.parentElement?.querySelectorAll<HTMLElement>("[role=radio]")[next]?.focus();
  };
  return (
    <div
      role="radiogroup"
      aria-label={label}
      className={clsx("inline-flex rounded-sm bg-active p-0.5", className)}
    >
      {segments.map(({ value: own, label: text, icon: Icon }, i) => {
        const checked = own === value;
        const known = segments.some((segment) => segment.value === value);
        return (
          <button
            key={own}
            type="button"
            role="radio"
            aria-checked={checked}
            aria-label={text}
            tabIndex={checked || (!known && i === 0) ? 0 : -1}
            title={iconsOnly ? text : undefined}
            onClick={() => onChange(own)}
            onKeyDown={onKeyDown}
            className="inline-flex h-6 flex-1 select-none items-center justify-center gap-1.5 whitespace-nowrap rounded-xs px-2 font-medium text-muted text-xs transition-colors duration-100 hover:text-ink focus-visible:outline-2 aria-checked:bg-segment aria-checked:text-ink aria-checked:shadow-segment touch:h-10 touch:px-3"
          >
            {Icon && <Icon aria-hidden size={14} />}
            {!iconsOnly && text}
          </button>
        );
      })}
    </div>
  );
}
