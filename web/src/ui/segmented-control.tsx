import { clsx } from "clsx";
import type { LucideIcon } from "lucide-react";
import { RadioGroup } from "radix-ui";

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

/** One of a few, in place: a view, a mode, a theme. Arrow keys move it. */
export function SegmentedControl<Value extends string>({
  label,
  value,
  onChange,
  segments,
  iconsOnly = false,
  className,
}: SegmentedControlProps<Value>) {
  return (
    <RadioGroup.Root
      aria-label={label}
      value={value}
      onValueChange={(next) => onChange(next as Value)}
      orientation="horizontal"
      className={clsx("inline-flex rounded-sm bg-active p-0.5", className)}
    >
      {segments.map(({ value: own, label: text, icon: Icon }) => (
        <RadioGroup.Item
          key={own}
          value={own}
          aria-label={text}
          title={iconsOnly ? text : undefined}
          className="inline-flex h-6 flex-1 select-none items-center justify-center gap-1.5 whitespace-nowrap rounded-xs px-2 font-medium text-muted text-xs transition-colors duration-100 hover:text-ink data-[state=checked]:bg-segment data-[state=checked]:text-ink data-[state=checked]:shadow-segment touch:h-10 touch:px-3"
        >
          {Icon && <Icon aria-hidden size={14} />}
          {!iconsOnly && text}
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}
