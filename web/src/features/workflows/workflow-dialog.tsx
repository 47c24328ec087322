import { useEffect, useRef } from "react";
import { FormProblem, TextField } from "@/features/auth/fields";
import { text, useSubmit } from "@/features/auth/use-submit";
import { ProblemError } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input, Textarea } from "@/ui/input";
import { changeOf, FIRST_SCHEMA, isName, newTool, readSchema, written } from "./draft";
import { calls, type WorkflowTool } from "./queries";
import { SchemaField, useSchemaFault } from "./schema-field";

interface WorkflowDialogProps {
  /** Null makes a new one. */
  tool: WorkflowTool | null;
  /** What addresses of webhooks begin with; null where n8n is not set up. */
  base: string | null;
  onClose: () => void;
  onSaved: () => void;
}

/** Saves what the form holds; throws what is wrong with its fields, as the server does. */
function useSave(tool: WorkflowTool | null, base: string | null) {
  const { t } = useTranslation("workflows");
  const faultOf = useSchemaFault();
  return async (values: FormData): Promise<void> => {
    const typed = text(values, "input_schema");
    const faults = {
      name: tool || isName(text(values, "name").trim()) ? undefined : t("nameFault"),
      input_schema: faultOf(typed),
    };
    const errors = Object.entries(faults).flatMap(([name, detail]) =>
      detail ? [{ pointer: `/${name}`, code: "invalid", detail }] : [],
    );
    const read = readSchema(typed);
    if (errors.length > 0 || !("schema" in read)) {
      throw new ProblemError({ status: 0, code: "client.invalid", title: t("invalid"), errors });
    }
    if (tool) await calls.change(tool.id, changeOf(tool, base, values, read.schema));
    else await calls.add(newTool(values, read.schema));
  };
}

export function WorkflowDialog({ tool, base, onClose, onSaved }: WorkflowDialogProps) {
  const { t } = useTranslation("workflows");
  const form = useRef<HTMLFormElement>(null);
  const save = useSave(tool, base);
  const { busy, problem, onSubmit } = useSubmit(async (values) => {
    await save(values);
    onSaved();
    onClose();
  });
  // The form is longer than a phone: what is refused may be out of sight.
  useEffect(() => {
    if (problem) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [problem]);
  const called = tool ? t("calledAs", { name: tool.tool_name }) : undefined;
  return (
    <Dialog open onOpenChange={onClose} title={t(tool ? "edit" : "add")} description={called}>
      <form ref={form} onSubmit={onSubmit} className="flex flex-col gap-4" autoComplete="off">
        <FormProblem problem={problem} />
        {!tool && (
          <TextField name="name" label={t("name")} hint={t("nameHint")} problem={problem} />
        )}
        <TextField
          name="title"
          label={t("label")}
          hint={t("labelHint")}
          problem={problem}
          defaultValue={tool?.title ?? ""}
        />
        <Field
          label={t("description")}
          hint={t("descriptionHint")}
          error={problem?.fieldError("description")}
        >
          {(control) => (
            <Textarea
              {...control}
              name="description"
              className="min-h-16"
              required
              maxLength={2000}
              defaultValue={tool?.description ?? ""}
            />
          )}
        </Field>
        <SchemaField
          name="input_schema"
          initial={written(tool?.input_schema ?? FIRST_SCHEMA)}
          problem={problem}
        />
        {base !== null && (
          <TextField
            name="webhook_url"
            label={t("webhook")}
            hint={t("webhookHint", { base })}
            problem={problem}
            defaultValue={tool ? base + tool.webhook_path : ""}
          />
        )}
        <Field
          label={t("secret")}
          hint={t(tool ? "secretStays" : "secretHint")}
          error={problem?.fieldError("secret")}
        >
          {(control) => (
            <Input
              {...control}
              name="secret"
              type="password"
              size="lg"
              autoComplete="off"
              required={!tool}
            />
          )}
        </Field>
        <div className="flex justify-end">
          <Button type="submit" variant="primary" loading={busy}>
            {t("save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
