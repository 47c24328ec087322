import { useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { api } from "@/lib/api/hooks";
import { toProblem } from "@/lib/api/problem";
import type { components } from "@/lib/api/schema";
import type { Translate } from "@/lib/i18n/namespaces";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useManages } from "@/lib/session/role";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { SkeletonRows } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { compact, whole } from "../chat/numbers";
import { Confirm } from "./confirm";
import { EditKey } from "./edit-key";
import { AMOUNTS, fetchRules, RULES, type StoredRules } from "./key-rules";
import { KeyRulesDialog } from "./key-rules-dialog";
import { NewKey } from "./new-key";
import { LoadProblem, Row, Section } from "./section";
import { ago, onDay } from "./when";

type ApiKey = components["schemas"]["ApiKey"];

/** The rules of keys, for those who may see them. */
function useRules() {
  return useQuery({
    queryKey: RULES,
    queryFn: ({ signal }) => fetchRules(signal),
    enabled: useManages(),
  });
}

export function KeysSection() {
  const { t } = useTranslation("settings");
  const queries = useQueryClient();
  const keys = api.useQuery("get", "/api/v1/api-keys", { params: { query: { limit: 100 } } });
  const rules = useRules();
  const [making, setMaking] = useState(false);
  const refresh = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ["get", "/api/v1/api-keys"] }),
      queries.invalidateQueries({ queryKey: RULES }),
    ]);
  const add = (
    <Button size="sm" icon={Plus} onClick={() => setMaking(true)}>
      {t("keys.add")}
    </Button>
  );
  return (
    <Section title={t("keys.title")} lead={t("keys.lead")} action={add}>
      {keys.isPending && <SkeletonRows rows={2} />}
      {keys.error && <LoadProblem error={keys.error} onRetry={() => void keys.refetch()} />}
      {rules.error && <LoadProblem error={rules.error} onRetry={() => void rules.refetch()} />}
      {keys.data?.items.length === 0 && (
        <EmptyState size="panel" icon={KeyRound} title={t("keys.emptyTitle")}>
          {t("keys.emptyBody")}
        </EmptyState>
      )}
      <ul>
        {keys.data?.items.map((key) => (
          <KeyRow
            key={key.id}
            apiKey={key}
            rules={rules.data?.get(key.id)}
            limitable={rules.isSuccess && key.scopes.includes("ai:use")}
            onChanged={refresh}
          />
        ))}
      </ul>
      {making && <NewKey onClose={() => setMaking(false)} onMade={() => void refresh()} />}
    </Section>
  );
}

interface KeyRowProps {
  apiKey: ApiKey;
  rules: StoredRules | undefined;
  /** Whether its limits can be set here and now. */
  limitable: boolean;
  onChanged: () => Promise<unknown>;
}

function KeyRow({ apiKey, rules, limitable, onChanged }: KeyRowProps) {
  const { t } = useTranslation("settings");
  const [limiting, setLimiting] = useState(false);
  const [editing, setEditing] = useState(false);
  const revoke = api.useMutation("delete", "/api/v1/api-keys/{key_id}", {
    onSuccess: onChanged,
    onError: (error: unknown) => void toast.error(toProblem(error).message),
  });
  const { id, name, hint, scopes, last_used_at: usedAt, expires_at: endsAt } = apiKey;
  return (
    <Row
      action={
        <>
          {limitable && (
            <Button
              size="sm"
              variant="ghost"
              aria-label={t("rules.editOf", { name })}
              onClick={() => setLimiting(true)}
            >
              {t("rules.edit")}
            </Button>
          )}
          <Button
            size="sm"
            variant="ghost"
            aria-label={t("keys.editOf", { name })}
            onClick={() => setEditing(true)}
          >
            {t("keys.edit")}
          </Button>
          <Confirm
            label={t("keys.revoke")}
            title={t("keys.revokeTitle", { name })}
            body={t("keys.revokeBody")}
            busy={revoke.isPending}
            onConfirm={() => revoke.mutate({ params: { path: { key_id: id } } })}
          />
        </>
      }
    >
      <p className="wrap-anywhere font-medium text-sm">{name}</p>
      <p className="text-muted text-xs">
        <code>{hint}</code>
        {" · "}
        {usedAt ? t("keys.used", { when: ago(usedAt) }) : t("keys.neverUsed")}
        {endsAt && ` · ${endOf(t, endsAt)}`}
      </p>
      <p className="mt-1 flex flex-wrap gap-1">
        {scopes.map((scope) => (
          <Badge key={scope}>{scope}</Badge>
        ))}
      </p>
      {rules && <RulesSummary rules={rules} />}
      {editing && (
        <EditKey
          apiKey={apiKey}
          onClose={() => setEditing(false)}
          onSaved={() => void onChanged()}
        />
      )}
      {limiting && (
        <KeyRulesDialog
          apiKey={apiKey}
          stored={rules}
          onClose={() => setLimiting(false)}
          onSaved={() => void onChanged()}
        />
      )}
    </Row>
  );
}

/** When a key ends, or that it has ended. */
function endOf(t: Translate<"settings">, endsAt: string): string {
  const key = new Date(endsAt) <= new Date() ? "keys.hasEnded" : "keys.expires";
  return t(key, { day: onDay(endsAt) });
}

const EXACT_BELOW = 100_000;

/** What binds a key, in words. */
function RulesSummary({ rules }: { rules: StoredRules }) {
  const { t } = useTranslation("settings");
  const kinds = rules.providers.map((kind) => t(`providers.kinds.${kind}`));
  const amounts = AMOUNTS.flatMap((name) => {
    const limit = rules[name];
    if (limit === null) return [];
    const amount = limit < EXACT_BELOW ? whole(limit) : compact(limit);
    return [t(`rules.upTo.${name}`, { count: limit, amount })];
  });
  const facts = [
    ...(rules.models.length > 0 ? [t("rules.only", { names: rules.models.join(", ") })] : []),
    ...(kinds.length > 0 ? [t("rules.answeredBy", { names: kinds.join(", ") })] : []),
    ...amounts,
  ];
  return (
    <div className="mt-1 text-muted text-xs">
      <p className="break-words">{facts.join(" · ")}</p>
      {rules.note && <p className="break-words text-faint">{rules.note}</p>}
    </div>
  );
}
