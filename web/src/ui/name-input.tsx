import { ArrowDown, ArrowUp, X } from "lucide-react";
import { type KeyboardEvent, useId, useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import type { FieldControlProps } from "./field";
import { Input } from "./input";
import { joinNames, moveName } from "./name-list";
import { QuietIconButton } from "./quiet-icon-button";

export interface NameInputProps extends Partial<FieldControlProps> {
  values: readonly string[];
  onChange: (values: string[]) => void;
  /** What the browser offers while one types. */
  suggestions?: readonly string[];
  placeholder?: string;
  /** The order says something: names stand one below the other and can be moved. */
  ordered?: boolean;
  "aria-label"?: string;
}

interface OneProps {
  name: string;
  values: readonly string[];
  onChange: (values: string[]) => void;
}

function Chip({ name, values, onChange }: OneProps) {
  const { t } = useTranslation();
  return (
    <li className="flex h-6 min-w-0 max-w-full items-center gap-1 rounded-xs bg-active pl-2 text-sm touch:h-11">
      <span className="min-w-0 truncate">{name}</span>
      <QuietIconButton
        icon={X}
        size="sm"
        label={t("names.remove", { name })}
        onClick={() => onChange(values.filter((each) => each !== name))}
      />
    </li>
  );
}

function Line({ name, at, values, onChange }: OneProps & { at: number }) {
  const { t } = useTranslation();
  return (
    <li className="flex items-center gap-2 rounded-xs bg-active pl-2 text-sm">
      <span className="text-muted tabular-nums">{at + 1}.</span>
      <span className="min-w-0 flex-1 truncate">{name}</span>
      <QuietIconButton
        icon={ArrowUp}
        size="sm"
        disabled={at === 0}
        label={t("names.up", { name })}
        onClick={() => onChange(moveName(values, at, -1))}
      />
      <QuietIconButton
        icon={ArrowDown}
        size="sm"
        disabled={at === values.length - 1}
        label={t("names.down", { name })}
        onClick={() => onChange(moveName(values, at, 1))}
      />
      <QuietIconButton
        icon={X}
        size="sm"
        label={t("names.remove", { name })}
        onClick={() => onChange(values.filter((each) => each !== name))}
      />
    </li>
  );
}

/** Names whose order says something, one below the other, to be moved and removed. */
export function NameLines({ values, onChange }: Pick<OneProps, "values" | "onChange">) {
  if (values.length === 0) return null;
  return (
    <ol className="flex flex-col gap-1">
      {values.map((name, at) => (
        <Line key={name} name={name} at={at} values={values} onChange={onChange} />
      ))}
    </ol>
  );
}

const NONE: readonly string[] = [];

/** Several names: Enter, a comma or leaving the field adds one; Backspace takes back the last. */
export function NameInput({
  values,
  onChange,
  suggestions = NONE,
  placeholder,
  ordered = false,
  ...control
}: NameInputProps) {
  const list = useId();
  const [typed, setTyped] = useState("");

  function add(text: string): void {
    setTyped("");
    const next = joinNames(values, text);
    if (next.length > values.length) onChange(next);
  }

  function onKeyDown(event: KeyboardEvent<HTMLInputElement>): void {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Enter" && typed.trim() !== "") {
      event.preventDefault();
      add(typed);
    } else if (event.key === "Backspace" && typed === "" && values.length > 0) {
      onChange(values.slice(0, -1));
    }
  }

  return (
    <div className="flex flex-col gap-1.5">
      {ordered ? (
        <NameLines values={values} onChange={onChange} />
      ) : (
        values.length > 0 && (
          <ul className="flex flex-wrap gap-1">
            {values.map((name) => (
              <Chip key={name} name={name} values={values} onChange={onChange} />
            ))}
          </ul>
        )
      )}
      <Input
        {...control}
        value={typed}
        placeholder={placeholder}
        list={list}
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        onKeyDown={onKeyDown}
        onBlur={() => add(typed)}
        onChange={({ target, nativeEvent }) => {
          // A name picked from the list comes at once, not letter by letter.
          const letter =
            nativeEvent instanceof InputEvent && nativeEvent.inputType === "insertText";
          const picked = !letter && suggestions.includes(target.value);
          if (picked || /[,\n]/.test(target.value)) add(target.value);
          else setTyped(target.value);
        }}
      />
      <datalist id={list}>
        {suggestions
          .filter((name) => !values.includes(name))
          .map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
      </datalist>
    </div>
  );
}
