import { FileUp, UploadCloud } from "lucide-react";
import { type DragEvent, useEffect, useRef, useState } from "react";
import type { ProblemError } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";
import { Textarea } from "@/ui/input";
import { MAX_BYTES, placeOf, rangeOf } from "./model";

interface ConfigFieldProps {
  text: string;
  onChange: (text: string) => void;
  /** Another file: what was said of the last one holds no more. */
  onFile: (text: string) => void;
  problem: ProblemError | null;
  /** Comes back from the report. */
  returning: boolean;
}

/** Marks the line with the mistake, and brings it into view. */
function show(box: HTMLTextAreaElement, line: number): void {
  box.focus();
  box.setSelectionRange(...rangeOf(box.value, line));
  const height = Number.parseFloat(getComputedStyle(box).lineHeight) || 20;
  box.scrollTop = Math.max(0, (line - 3) * height);
}

const bringsFile = ({ dataTransfer }: DragEvent) => dataTransfer.types.includes("Files");

/** The file's text: pasted, dropped, or taken from a file that is chosen. */
export function ConfigField({ text, onChange, onFile, problem, returning }: ConfigFieldProps) {
  const { t } = useTranslation("imports");
  const box = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [refused, setRefused] = useState("");
  // The first time the dialog gives the keyboard, and remembers to whom it goes back.
  useEffect(() => {
    if (returning) box.current?.focus();
  }, [returning]);
  useEffect(() => {
    const place = problem && placeOf(problem);
    if (place && box.current) show(box.current, place.line);
  }, [problem]);
  const take = async (file: File | undefined) => {
    setOver(false);
    if (!file) return;
    if (file.size > MAX_BYTES) {
      setRefused(t("tooLarge"));
      return;
    }
    try {
      onFile(await file.text());
      setRefused("");
    } catch {
      setRefused(t("unreadable"));
    }
  };
  const isOurs = problem !== null && problem.fieldError("config") !== undefined;
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- a button offers the same by keys
    <div
      className="relative"
      onDragOver={(event) => {
        if (!bringsFile(event)) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        if (!bringsFile(event)) return;
        event.preventDefault();
        void take(event.dataTransfer.files[0]);
      }}
    >
      <Field
        label={t("config")}
        hint={t("configHint")}
        error={refused || (isOurs && problem.detail)}
      >
        {(control) => (
          <Textarea
            {...control}
            ref={box}
            value={text}
            onChange={(event) => {
              setRefused("");
              onChange(event.target.value);
            }}
            rows={12}
            wrap="off"
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="off"
            placeholder={PLACEHOLDER}
            // Long lines scroll: else the box, and the dialog with it, would grow as wide as they are.
            className="!field-sizing-fixed min-h-56 overflow-auto font-mono leading-5 touch:leading-6"
          />
        )}
      </Field>
      <Button size="sm" icon={FileUp} className="mt-3" onClick={() => picker.current?.click()}>
        {t("choose")}
      </Button>
      <input
        ref={picker}
        type="file"
        hidden
        accept=".yaml,.yml,text/yaml,application/yaml"
        aria-label={t("choose")}
        tabIndex={-1}
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = "";
          void take(file);
        }}
      />
      {over && (
        <div className="pointer-events-none absolute inset-0 grid place-items-center rounded-md border-2 border-accent border-dashed bg-accent-soft/90">
          <p className="flex items-center gap-2 font-medium text-accent-ink text-sm">
            <UploadCloud aria-hidden size={20} />
            {t("drop")}
          </p>
        </div>
      )}
    </div>
  );
}

const PLACEHOLDER = `model_list:
  - model_name: house
    litellm_params:
      model: openai/gpt-6.1
      api_key: os.environ/OPENAI_API_KEY`;
