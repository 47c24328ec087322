import { useState } from "react";
import { text, useSubmit } from "@/features/auth/use-submit";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import type { components } from "@/lib/api/schema";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { toast } from "@/ui/toast";
import { FormProblem, TextField } from "../auth/fields";
import { dayOf, endOfDay, onDay } from "./when";

type ApiKey = components["schemas"]["ApiKey"];
type Change = components["schemas"]["ApiKeyPatch"];

/** What the form changes about a key; a day that stays keeps its hour, too. */
export function changeOf(key: ApiKey, name: string, day: string): Change {
  const before = key.expires_at === null ? "" : dayOf(key.expires_at);
  return {
    ...(name === key.name ? {} : { name }),
    ...(day === before ? {} : { expires_at: endOfDay(day) }),
  };
}

interface EditKeyProps {
  apiKey: ApiKey;
  onClose: () => void;
  onSaved: () => void;
}

/** The name and the end of a key. */
export function EditKey({ apiKey, onClose, onSaved }: EditKeyProps) {
  const { t } = useTranslation("settings");
  const { id, name, expires_at: endsAt, made_with: maker } = apiKey;
  const [today] = useState(() => new Date().toISOString());
  const ended = endsAt !== null && new Date(endsAt) <= new Date(today);
  const { busy, problem, onSubmit } = useSubmit(async (values) => {
    const day = ended ? dayOf(endsAt) : text(values, "expires_on");
    const change = changeOf(apiKey, text(values, "name").trim(), day);
    const saved = await bodyOf(
      client.PATCH("/api/v1/api-keys/{key_id}", { params: { path: { key_id: id } }, body: change }),
    );
    onSaved();
    onClose();
    // The keys that it was made with may end before.
    if (saved.expires_at !== null && change.expires_at !== undefined) {
      if (dayOf(saved.expires_at) !== day) {
        toast.show(t("keys.heldBack", { day: onDay(saved.expires_at) }));
      }
    }
  });
  const hint = ended ? "keys.ended" : maker === null ? "keys.expiryHint" : "keys.boundHint";
  return (
    <Dialog open onOpenChange={onClose} title={t("keys.editTitle", { name })} size="sm">
      <form onSubmit={onSubmit} className="flex flex-col gap-4" autoComplete="off">
        <FormProblem problem={problem} />
        <TextField name="name" label={t("keys.name")} defaultValue={name} problem={problem} />
        <Field label={t("keys.expiry")} hint={t(hint)} error={problem?.fieldError("expires_at")}>
          {(control) => (
            <Input
              {...control}
              name="expires_on"
              type="date"
              size="lg"
              disabled={ended}
              min={dayOf(today)}
              defaultValue={endsAt === null ? "" : dayOf(endsAt)}
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
