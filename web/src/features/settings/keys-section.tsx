import { useQueryClient } from "@tanstack/react-query";
import { Copy, KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { text, useSubmit } from "@/features/auth/use-submit";
import { client } from "@/lib/api/client";
import { api } from "@/lib/api/hooks";
import { toProblem } from "@/lib/api/problem";
import type { components } from "@/lib/api/schema";
import { copyText } from "@/lib/clipboard";
import { Badge } from "@/ui/badge";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { Dialog } from "@/ui/dialog";
import { EmptyState } from "@/ui/empty-state";
import { Field } from "@/ui/field";
import { IconButton } from "@/ui/icon-button";
import { Input } from "@/ui/input";
import { SkeletonRows } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { FormProblem, TextField } from "../auth/fields";
import { Confirm } from "./confirm";
import { LoadProblem, Row, Section } from "./section";
import { ago, onDay } from "./when";

type Scope = components["schemas"]["ApiKeyInput"]["scopes"][number];

const SCOPES: readonly Scope[] = [
  "tasks:read",
  "tasks:write",
  "chat:read",
  "chat:write",
  "ai:use",
  "ai:manage",
  "workspace:read",
  "workspace:manage",
  "account:read",
  "account:manage",
];

export function KeysSection() {
  const { t } = useTranslation("settings");
  const queries = useQueryClient();
  const keys = api.useQuery("get", "/api/v1/api-keys", { params: { query: { limit: 100 } } });
  const [making, setMaking] = useState(false);
  const refresh = () => queries.invalidateQueries({ queryKey: ["get", "/api/v1/api-keys"] });
  const revoke = api.useMutation("delete", "/api/v1/api-keys/{key_id}", {
    onSuccess: refresh,
    onError: (error: unknown) => void toast.error(toProblem(error).message),
  });
  const add = (
    <Button size="sm" icon={Plus} onClick={() => setMaking(true)}>
      {t("keys.add")}
    </Button>
  );
  return (
    <Section title={t("keys.title")} lead={t("keys.lead")} action={add}>
      {keys.isPending && <SkeletonRows rows={2} />}
      {keys.error && <LoadProblem error={keys.error} onRetry={() => void keys.refetch()} />}
      {keys.data?.items.length === 0 && (
        <EmptyState size="panel" icon={KeyRound} title={t("keys.emptyTitle")}>
          {t("keys.emptyBody")}
        </EmptyState>
      )}
      <ul>
        {keys.data?.items.map((key) => (
          <Row
            key={key.id}
            action={
              <Confirm
                label={t("keys.revoke")}
                title={t("keys.revokeTitle", { name: key.name })}
                body={t("keys.revokeBody")}
                onConfirm={() => revoke.mutate({ params: { path: { key_id: key.id } } })}
              />
            }
          >
            <p className="truncate font-medium text-sm">{key.name}</p>
            <p className="text-muted text-xs">
              {key.last_used_at
                ? t("keys.used", { when: ago(key.last_used_at) })
                : t("keys.neverUsed")}
              {key.expires_at && ` · ${t("keys.expires", { day: onDay(key.expires_at) })}`}
            </p>
            <p className="mt-1 flex flex-wrap gap-1">
              {key.scopes.map((scope) => (
                <Badge key={scope}>{scope}</Badge>
              ))}
            </p>
          </Row>
        ))}
      </ul>
      {making && <NewKey onClose={() => setMaking(false)} onMade={() => void refresh()} />}
    </Section>
  );
}

function NewKey({ onClose, onMade }: { onClose: () => void; onMade: () => void }) {
  const { t } = useTranslation("settings");
  const [made, setMade] = useState<string | null>(null);
  const [scopes, setScopes] = useState<readonly Scope[]>(["tasks:read"]);
  const { busy, problem, onSubmit } = useSubmit(async (values) => {
    const until = text(values, "expires_on");
    const { data } = await client.POST("/api/v1/api-keys", {
      body: {
        name: text(values, "name").trim(),
        scopes: [...scopes],
        expires_at: until ? new Date(`${until}T23:59:59`).toISOString() : null,
      },
    });
    if (!data) return;
    setMade(data.key);
    onMade();
  });
  if (made) return <ShownOnce value={made} onClose={onClose} />;
  return (
    <Dialog open onOpenChange={onClose} title={t("keys.newTitle")}>
      <form onSubmit={onSubmit} className="flex flex-col gap-4">
        <FormProblem problem={problem} />
        <TextField name="name" label={t("keys.name")} problem={problem} />
        <fieldset>
          <legend className="mb-2 font-medium text-sm">{t("keys.scopes")}</legend>
          <div className="grid grid-cols-2 gap-x-4 gap-y-2">
            {SCOPES.map((scope) => (
              <label key={scope} className="flex items-center gap-2 text-sm touch:min-h-9">
                <Checkbox
                  checked={scopes.includes(scope)}
                  onCheckedChange={(on) =>
                    setScopes((before) =>
                      on === true ? [...before, scope] : before.filter((each) => each !== scope),
                    )
                  }
                />
                <code className="text-xs">{scope}</code>
              </label>
            ))}
          </div>
          {problem?.fieldError("scopes") && (
            <p className="mt-1 text-danger-ink text-xs">{problem.fieldError("scopes")}</p>
          )}
        </fieldset>
        <Field
          label={t("keys.expiry")}
          hint={t("keys.expiryHint")}
          error={problem?.fieldError("expires_at")}
        >
          {(control) => <Input {...control} name="expires_on" type="date" />}
        </Field>
        <div className="flex justify-end">
          <Button type="submit" variant="primary" loading={busy} disabled={scopes.length === 0}>
            {t("keys.make")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** A secret that the server shows this once. */
export function ShownOnce({ value, onClose }: { value: string; onClose: () => void }) {
  const { t } = useTranslation("settings");
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t("once.title")}
      footer={
        <Button variant="primary" onClick={onClose}>
          {t("once.done")}
        </Button>
      }
    >
      <Banner tone="warn">{t("once.body")}</Banner>
      <div className="mt-3 flex items-center gap-2">
        <Input readOnly value={value} aria-label={t("once.value")} className="font-mono" />
        <IconButton
          icon={Copy}
          label={t("once.copy")}
          onClick={() => {
            void copyText(value).then((done) => done && toast.success(t("once.copied")));
          }}
        />
      </div>
    </Dialog>
  );
}
