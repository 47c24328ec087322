import { useState } from "react";
import type { ProblemError } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useDebounced } from "@/lib/use-debounced";
import { Field } from "@/ui/field";
import { Textarea } from "@/ui/input";
import { readSchema } from "./draft";

const SETTLE_MS = 600;

/** What is wrong with a schema as typed, in words; undefined if it can be sent. */
export function useSchemaFault(): (typed: string) => string | undefined {
  const { t } = useTranslation("workflows");
  return (typed) => {
    const read = readSchema(typed);
    if ("schema" in read) return undefined;
    return read.why === null ? t("schemaNoObject") : t("schemaNoJson", { why: read.why });
  };
}

interface SchemaFieldProps {
  name: string;
  initial: string;
  problem: ProblemError | null;
}

/**
 * JSON that says what is wrong with it once the typing pauses, and nothing once it is mended. Not
 * when it is left: words that come or go while the focus moves on cost a dialog its focus, and a
 * button that they push away its click.
 */
export function SchemaField({ name, initial, problem }: SchemaFieldProps) {
  const { t } = useTranslation("workflows");
  const faultOf = useSchemaFault();
  const [typed, setTyped] = useState(initial);
  const settled = useDebounced(typed, SETTLE_MS);
  const fault = faultOf(settled) && faultOf(typed);
  // What was said of an older text says nothing of this one.
  const [past, setPast] = useState<ProblemError | null>(null);
  const answered = problem === past ? undefined : problem?.fieldError(name);
  return (
    <Field label={t("schema")} hint={t("schemaHint")} error={fault ?? answered}>
      {(control) => (
        <Textarea
          {...control}
          name={name}
          value={typed}
          required
          spellCheck={false}
          autoCapitalize="off"
          autoCorrect="off"
          className="min-h-36 whitespace-pre-wrap break-words font-mono text-xs touch:text-base"
          onChange={(event) => {
            setTyped(event.target.value);
            setPast(problem);
          }}
        />
      )}
    </Field>
  );
}
