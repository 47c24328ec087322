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
import { FormProblem } from "../auth/fields";
import { dayOf, endOfDay, onDay } from "./when";

type MemberKey = components["schemas"]["MemberKeyShape"];

/** The new end of a key: the end of the day, or none where that would be later than it ends now. */
export function earlierEnd(endsAt: string | null, day: string): string | null {
  const wanted = endOfDay(day);
  if (wanted === null) return null;
  return endsAt !== null && new Date(wanted) >= new Date(endsAt) ? null : wanted;
}

interface ShortenKeyProps {
  memberKey: MemberKey;
  owner: string;
  onClose: () => void;
  onSaved: () => void;
}

/** Lets a member's key end earlier than it would; later is its owner's to decide. */
export function ShortenKey({ memberKey, owner, onClose, onSaved }: ShortenKeyProps) {
  const { t } = useTranslation("settings");
  const { id, name, expires_at: endsAt } = memberKey;
  const [today] = useState(() => dayOf(new Date().toISOString()));
  const [refused, setRefused] = useState(false);
  const { busy, problem, onSubmit } = useSubmit(async (values) => {
    const ends = earlierEnd(endsAt, text(values, "expires_on"));
    setRefused(ends === null);
    if (ends === null) return;
    const path = { key_id: id };
    const body = { expires_at: ends };
    await bodyOf(client.PATCH("/api/v1/member-keys/{key_id}", { params: { path }, body }));
    toast.success(t("memberKeys.shortened", { name, day: onDay(ends) }));
    onSaved();
    onClose();
  });
  const error = refused ? t("memberKeys.notEarlier") : problem?.fieldError("expires_at");
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t("memberKeys.shortenTitle", { name, owner })}
      size="sm"
    >
      <form onSubmit={onSubmit} className="flex flex-col gap-4" autoComplete="off">
        <FormProblem problem={problem} />
        <Field label={t("keys.expiry")} hint={t("memberKeys.shortenHint")} error={error}>
          {(control) => (
            <Input
              {...control}
              name="expires_on"
              type="date"
              size="lg"
              required
              min={today}
              max={endsAt === null ? undefined : dayOf(endsAt)}
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
