import { clsx } from "clsx";
import { Check, ChevronDown, Search } from "lucide-react";
import { type KeyboardEvent, useId, useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { matching, type Named } from "./combobox-match";
import type { FieldControlProps } from "./field";
import { controlClass, Input } from "./input";
import { Popover, PopoverContent, PopoverTrigger } from "./popover";

export interface ComboboxProps extends Partial<FieldControlProps> {
  /** Names the list, which is a dialog of its own. */
  label: string;
  value: string | undefined;
  onChange: (value: string) => void;
  options: readonly Named[];
  placeholder: string;
  /** Whether options are still to come. */
  loading?: boolean;
  "aria-label"?: string;
  className?: string;
}

/** A Select for lists that may be long: one is found by a part of its name. */
export function Combobox({
  label,
  value,
  onChange,
  options,
  placeholder,
  loading = false,
  className,
  ...control
}: ComboboxProps) {
  const [open, setOpen] = useState(false);
  const panel = useId();
  const chosen = options.find((option) => option.value === value);
  return (
    // Modal, so that the list can be scrolled above a dialog.
    <Popover modal open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <button
          {...control}
          type="button"
          role="combobox"
          aria-haspopup="dialog"
          aria-expanded={open}
          aria-controls={open ? panel : undefined}
          className={clsx(
            controlClass,
            "flex h-8 items-center justify-between gap-2 px-2.5 text-left touch:h-11",
            className,
          )}
        >
          <span className={clsx("min-w-0 flex-1 truncate", !chosen && "text-faint")}>
            {chosen?.label ?? placeholder}
          </span>
          <ChevronDown aria-hidden size={15} className="shrink-0 text-faint" />
        </button>
      </PopoverTrigger>
      <PopoverContent
        id={panel}
        label={label}
        sideOffset={4}
        className="flex w-(--radix-popover-trigger-width) min-w-56 flex-col gap-1.5 p-1.5"
      >
        <Choices
          label={label}
          value={value}
          options={options}
          loading={loading}
          onPick={(picked) => {
            setOpen(false);
            onChange(picked);
          }}
        />
      </PopoverContent>
    </Popover>
  );
}

interface ChoicesProps extends Pick<ComboboxProps, "label" | "value" | "options"> {
  loading: boolean;
  onPick: (value: string) => void;
}

/** The field keeps the keyboard; arrows move through what fits, Enter takes it. */
function Choices({ label, value, options, loading, onPick }: ChoicesProps) {
  const { t } = useTranslation();
  const list = useId();
  const [query, setQuery] = useState("");
  const [pointed, setPointed] = useState(value);
  const { shown, more } = matching(options, query);
  const at = Math.max(
    0,
    shown.findIndex((option) => option.value === pointed),
  );
  const active = shown[at];
  const optionId = (option: Named) => `${list}-${option.value}`;

  function move(to: number): void {
    const next = shown[Math.min(Math.max(to, 0), shown.length - 1)];
    if (!next) return;
    setPointed(next.value);
    document.getElementById(optionId(next))?.scrollIntoView({ block: "nearest" });
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "ArrowDown") move(at + 1);
    else if (event.key === "ArrowUp") move(at - 1);
    else if (event.key === "Enter" && active) onPick(active.value);
    else if (event.key !== "Enter") return;
    event.preventDefault();
  }

  return (
    <>
      <Input
        icon={Search}
        role="combobox"
        aria-expanded
        aria-controls={list}
        aria-activedescendant={active && optionId(active)}
        aria-label={t("choice.search")}
        placeholder={t("choice.search")}
        autoComplete="off"
        spellCheck={false}
        value={query}
        maxLength={100}
        onChange={(event) => setQuery(event.target.value)}
        onKeyDown={onKeyDown}
      />
      <div id={list} role="listbox" aria-label={label} className="max-h-56 overflow-y-auto">
        {shown.map((option) => (
          <Choice
            key={option.value}
            id={optionId(option)}
            option={option}
            active={option === active}
            chosen={option.value === value}
            onPick={() => onPick(option.value)}
          />
        ))}
      </div>
      <p aria-live="polite" className="px-2 pb-1 text-muted text-xs empty:hidden">
        {loading && t("loading")}
        {!loading && shown.length === 0 && t("choice.none")}
        {!loading && more > 0 && t("choice.more", { count: more })}
      </p>
    </>
  );
}

interface ChoiceProps {
  id: string;
  option: Named;
  active: boolean;
  chosen: boolean;
  onPick: () => void;
}

function Choice({ id, option, active, chosen, onPick }: ChoiceProps) {
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the field has the keyboard
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={chosen}
      onPointerDown={(event) => event.preventDefault()}
      onClick={onPick}
      className={clsx(
        "flex min-h-8 cursor-default items-center gap-2 rounded-xs px-2 py-1 text-sm hover:bg-hover touch:min-h-11",
        active && "bg-active",
      )}
    >
      <span className="min-w-0 flex-1">
        <span className="block truncate">{option.label}</span>
        {option.hint && <span className="block truncate text-muted text-xs">{option.hint}</span>}
      </span>
      {chosen && <Check aria-hidden size={14} className="shrink-0" />}
    </div>
  );
}
