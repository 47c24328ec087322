import { useState } from "react";
import type { ProblemError } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Field } from "@/ui/field";
import { Textarea } from "@/ui/input";
import { readSchema } from "./draft";

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

/** JSON that says what is wrong with it once it is left, and stops saying so once it is mended. */
export function SchemaField({ name, initial, problem }: SchemaFieldProps) {
  const { t } = useTranslation("workflows");
  const faultOf = useSchemaFault();
  const [fault, setFault] = useState<string>();
  // What was said of an older text says nothing of this one.
  const [past, setPast] = useState<ProblemError | null>(null);
  const answered = problem === past ? undefined : problem?.fieldError(name);
  return (
    <Field label={t("schema")} hint={t("schemaHint")} error={fault ?? answered}>
      {(control) => (
        <Textarea
          {...control}
          name={name}
          defaultValue={initial}
          rows={9}
          required
          spellCheck={false}
          autoCapitalize="off"
          autoCorrect="off"
          className="whitespace-pre-wrap break-words font-mono text-xs touch:text-base"
          onBlur={(event) => setFault(faultOf(event.target.value))}
          onChange={(event) => {
            setPast(problem);
            if (fault !== undefined) setFault(faultOf(event.target.value));
          }}
        />
      )}
    </Field>
  );
}
