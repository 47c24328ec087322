import { clsx } from "clsx";
import { Check, ChevronDown } from "lucide-react";
import { Select as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { menuClass } from "./dropdown-menu";
import type { FieldControlProps } from "./field";
import { controlClass } from "./input";

export interface SelectOption<Value extends string> {
  value: Value;
  label: string;
  hint?: string;
  lead?: ReactNode;
  disabled?: boolean;
}

export interface SelectProps<Value extends string> extends Partial<FieldControlProps> {
  value: Value | undefined;
  onChange: (value: Value) => void;
  options: readonly SelectOption<Value>[];
  placeholder?: string;
  disabled?: boolean;
  "aria-label"?: string;
  className?: string;
}

export function Select<Value extends string>({
  value,
  onChange,
  options,
  placeholder,
  disabled,
  className,
  ...control
}: SelectProps<Value>) {
  const lead = options.find((option) => option.value === value)?.lead;
  return (
    <Radix.Root
      {...(value === undefined ? {} : { value })}
      onValueChange={(next) => onChange(next as Value)}
      disabled={disabled ?? false}
    >
      <Radix.Trigger
        {...control}
        className={clsx(
          controlClass,
          "flex h-8 items-center justify-between gap-2 px-2.5 text-left data-placeholder:text-faint touch:h-11",
          className,
        )}
      >
        {lead && (
          <span aria-hidden className="grid shrink-0 place-items-center empty:hidden">
            {lead}
          </span>
        )}
        <span className="min-w-0 flex-1 truncate">
          <Radix.Value placeholder={placeholder} />
        </span>
        <Radix.Icon>
          <ChevronDown aria-hidden size={15} className="text-faint" />
        </Radix.Icon>
      </Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          // The list is named as what it belongs to.
          {...(control["aria-label"]
            ? { "aria-label": control["aria-label"] }
            : { "aria-labelledby": control.id })}
          position="popper"
          sideOffset={4}
          collisionPadding={8}
          className={clsx(
            menuClass,
            "max-h-(--radix-select-content-available-height) min-w-(--radix-select-trigger-width) max-w-(--radix-select-content-available-width)",
          )}
        >
          <Radix.Viewport>
            {options.map((option) => (
              <Radix.Item
                key={option.value}
                value={option.value}
                disabled={option.disabled ?? false}
                className="relative flex min-h-7 select-none items-center gap-2.5 rounded-xs py-1 pr-8 pl-2 text-sm outline-none data-disabled:opacity-45 data-highlighted:bg-active touch:min-h-11"
              >
                {option.lead}
                <span className="wrap-anywhere min-w-0">
                  <Radix.ItemText>{option.label}</Radix.ItemText>
                  {option.hint && <span className="block text-faint text-xs">{option.hint}</span>}
                </span>
                <Radix.ItemIndicator className="absolute right-2">
                  <Check aria-hidden size={14} />
                </Radix.ItemIndicator>
              </Radix.Item>
            ))}
          </Radix.Viewport>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
