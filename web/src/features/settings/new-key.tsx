import { useState } from "react";
import { text, useSubmit } from "@/features/auth/use-submit";
import { client } from "@/lib/api/client";
import type { components } from "@/lib/api/schema";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useManages } from "@/lib/session/role";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { FormProblem, TextField } from "../auth/fields";
import { NO_RULES, type Rules, readRules, saveRules } from "./key-rules";
import { type Chosen, KeyRulesFields } from "./key-rules-fields";
import { ShownOnce } from "./shown-once";
import { endOfDay } from "./when";

type Scope = components["schemas"]["ApiKeyInput"]["scopes"][number];

const SCOPES: readonly Scope[] = [
  "tasks:read",
  "tasks:write",
  "calendar:read",
  "calendar:write",
  "chat:read",
  "chat:write",
  "files:read",
  "files:write",
  "agents:read",
  "agents:write",
  "ai:use",
  "ai:manage",
  "workspace:read",
  "workspace:manage",
  "account:read",
  "account:manage",
];

async function makeKey(values: FormData, scopes: readonly Scope[], rules: Rules | null) {
  const { data } = await client.POST("/api/v1/api-keys", {
    body: {
      name: text(values, "name").trim(),
      scopes: [...scopes],
      expires_at: endOfDay(text(values, "expires_on")),
    },
  });
  if (!data) throw new Error("an answer without a key");
  if (!rules) return data.key;
  try {
    await saveRules(data.id, rules, null);
  } catch (error) {
    // A key without the limits that were asked for must not stay.
    await client.DELETE("/api/v1/api-keys/{key_id}", { params: { path: { key_id: data.id } } });
    throw error;
  }
  return data.key;
}

interface NewKeyProps {
  onClose: () => void;
  onMade: () => void;
}

export function NewKey({ onClose, onMade }: NewKeyProps) {
  const { t } = useTranslation("settings");
  const manages = useManages();
  const [made, setMade] = useState<string | null>(null);
  const [scopes, setScopes] = useState<readonly Scope[]>(["tasks:read"]);
  const [chosen, choose] = useState<Chosen>({ models: [], providers: [] });
  const asksModels = scopes.includes("ai:use");
  const limits = asksModels && manages;
  const { busy, problem, onSubmit } = useSubmit(async (values) => {
    setMade(await makeKey(values, scopes, limits ? readRules(values, chosen) : null));
    onMade();
  });
  if (made) {
    const exampleModel = asksModels ? (chosen.models[0] ?? "vectal/auto") : undefined;
    return <ShownOnce value={made} onClose={onClose} exampleModel={exampleModel} />;
  }
  return (
    <Dialog open onOpenChange={onClose} title={t("keys.newTitle")}>
      <form onSubmit={onSubmit} className="flex flex-col gap-4">
        <FormProblem problem={problem} />
        <TextField name="name" label={t("keys.name")} problem={problem} />
        <Scopes scopes={scopes} onChange={setScopes} error={problem?.fieldError("scopes")} />
        <Field
          label={t("keys.expiry")}
          hint={t("keys.expiryHint")}
          error={problem?.fieldError("expires_at")}
        >
          {(control) => <Input {...control} name="expires_on" type="date" />}
        </Field>
        {limits && (
          <section className="flex flex-col gap-4 border-t pt-4">
            <div>
              <h3 className="font-semibold text-sm">{t("rules.title")}</h3>
              <p className="text-muted text-xs">{t("rules.lead")}</p>
            </div>
            <KeyRulesFields rules={NO_RULES} chosen={chosen} onChoose={choose} problem={problem} />
          </section>
        )}
        <div className="flex justify-end">
          <Button type="submit" variant="primary" loading={busy} disabled={scopes.length === 0}>
            {t("keys.make")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface ScopesProps {
  scopes: readonly Scope[];
  onChange: (scopes: readonly Scope[]) => void;
  error: string | undefined;
}

function Scopes({ scopes, onChange, error }: ScopesProps) {
  const { t } = useTranslation("settings");
  return (
    <fieldset>
      <legend className="mb-2 font-medium text-sm">{t("keys.scopes")}</legend>
      <div className="grid grid-cols-2 gap-x-4 gap-y-2">
        {SCOPES.map((scope) => (
          <label key={scope} className="flex items-center gap-2 text-sm touch:min-h-9">
            <Checkbox
              checked={scopes.includes(scope)}
              onCheckedChange={(on) =>
                onChange(on === true ? [...scopes, scope] : scopes.filter((each) => each !== scope))
              }
            />
            <code className="text-xs">{scope}</code>
          </label>
        ))}
      </div>
      {error && <p className="mt-1 text-danger-ink text-xs">{error}</p>}
    </fieldset>
  );
}
