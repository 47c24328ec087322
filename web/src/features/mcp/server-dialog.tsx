import { FormProblem, TextField } from "@/features/auth/fields";
import { text, useSubmit } from "@/features/auth/use-submit";
import { client } from "@/lib/api/client";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import type { ToolServer } from "./queries";

interface ServerDialogProps {
  /** Null makes a new one. */
  server: ToolServer | null;
  onClose: () => void;
  onSaved: () => void;
}

async function save(server: ToolServer | null, values: FormData): Promise<void> {
  const secret = text(values, "secret").trim();
  const body = {
    name: text(values, "name").trim(),
    url: text(values, "url").trim(),
    header: text(values, "header").trim(),
    // An empty field says nothing, so that a stored credential stays.
    ...(secret ? { secret } : {}),
  };
  if (server) {
    await client.PATCH("/api/v1/tool-servers/{server_id}", {
      params: { path: { server_id: server.id } },
      body: { ...body, version: server.version },
    });
    return;
  }
  await client.POST("/api/v1/tool-servers", { body: { ...body, enabled: true } });
}

export function ServerDialog({ server, onClose, onSaved }: ServerDialogProps) {
  const { t } = useTranslation("mcp");
  const { busy, problem, onSubmit } = useSubmit(async (values) => {
    await save(server, values);
    onSaved();
    onClose();
  });
  return (
    <Dialog open onOpenChange={onClose} title={t(server ? "edit" : "add")}>
      <form onSubmit={onSubmit} className="flex flex-col gap-4" autoComplete="off">
        <FormProblem problem={problem} />
        <TextField
          name="name"
          label={t("name")}
          hint={t("nameHint")}
          problem={problem}
          defaultValue={server?.name ?? ""}
        />
        <TextField
          name="url"
          label={t("address")}
          hint={t("addressHint")}
          problem={problem}
          defaultValue={server?.url ?? ""}
        />
        <Field
          label={t("secret")}
          hint={t(server?.has_secret ? "secretStays" : "secretHint")}
          error={problem?.fieldError("secret")}
        >
          {(control) => (
            <Input {...control} name="secret" type="password" size="lg" autoComplete="off" />
          )}
        </Field>
        <TextField
          name="header"
          label={t("header")}
          hint={t("headerHint")}
          problem={problem}
          required={false}
          defaultValue={server?.header ?? ""}
        />
        <div className="flex justify-end">
          <Button type="submit" variant="primary" loading={busy}>
            {t("save")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
