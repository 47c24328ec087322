import { useQueryClient } from "@tanstack/react-query";
import { FileInput, Plug, Plus } from "lucide-react";
import { Suspense, useState } from "react";
import { api } from "@/lib/api/hooks";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { useManages } from "@/lib/session/role";
import { Badge } from "@/ui/badge";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { EmptyState } from "@/ui/empty-state";
import { SkeletonRows } from "@/ui/skeleton";
import { Switch } from "@/ui/switch";
import { toast } from "@/ui/toast";
import { Confirm } from "./confirm";
import { ProviderDialog, USUAL } from "./provider-dialog";
import { type Provider, TestVerdict } from "./provider-test";
import { LoadProblem, Row, Section } from "./section";
import { ago } from "./when";

const LiteLlmDialog = lazyPart(() => import("./imports/litellm-dialog"), "LiteLlmDialog");
const LIST = "/api/v1/ai/providers";
const ONE = "/api/v1/ai/providers/{provider_id}";

/** Who answers: the providers of this workspace. Only those who manage it see and change them. */
export function ProvidersSection() {
  const { t } = useTranslation("settings");
  if (!useManages()) {
    return (
      <Section title={t("providers.title")}>
        <Banner>{t("providers.notYours")}</Banner>
      </Section>
    );
  }
  return <Providers />;
}

function Providers() {
  const { t } = useTranslation("settings");
  const queries = useQueryClient();
  const providers = api.useQuery("get", LIST);
  const [editing, setEditing] = useState<Provider | "new" | null>(null);
  const [importing, setImporting] = useState(false);
  // The models that chat offers follow from the providers.
  const refresh = () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: ["get", LIST] }),
      queries.invalidateQueries({ queryKey: ["get", "/api/v1/ai/models"] }),
    ]);
  const items = providers.data?.items ?? [];
  const answering = items.some((each) => each.enabled && each.kind !== "simulator");
  return (
    <Section
      title={t("providers.title")}
      lead={t("providers.lead")}
      action={
        <span className="flex gap-1.5 max-sm:flex-col">
          <Button size="sm" icon={FileInput} onClick={() => setImporting(true)}>
            {t("providers.import")}
          </Button>
          <Button size="sm" icon={Plus} onClick={() => setEditing("new")}>
            {t("providers.add")}
          </Button>
        </span>
      }
    >
      {providers.isPending && <SkeletonRows rows={2} />}
      {providers.error && (
        <LoadProblem error={providers.error} onRetry={() => void providers.refetch()} />
      )}
      {providers.data && !answering && (
        <Banner className="mb-3">{t("providers.simulatorAnswers")}</Banner>
      )}
      {providers.data && items.length === 0 && (
        <EmptyState size="panel" icon={Plug} title={t("providers.emptyTitle")}>
          {t("providers.emptyBody")}
        </EmptyState>
      )}
      <ul>
        {items.map((provider) => (
          <ProviderRow
            key={provider.id}
            provider={provider}
            onEdit={() => setEditing(provider)}
            onChanged={refresh}
          />
        ))}
      </ul>
      {editing && (
        <ProviderDialog
          provider={editing === "new" ? null : editing}
          onClose={() => setEditing(null)}
          onSaved={() => void refresh()}
        />
      )}
      <Suspense fallback={null}>
        {importing && (
          <LiteLlmDialog onClose={() => setImporting(false)} onImported={() => void refresh()} />
        )}
      </Suspense>
    </Section>
  );
}

interface ProviderRowProps {
  provider: Provider;
  onEdit: () => void;
  onChanged: () => Promise<unknown>;
}

function ProviderRow({ provider, onEdit, onChanged }: ProviderRowProps) {
  const { t } = useTranslation("settings");
  const params = { path: { provider_id: provider.id } };
  const settled = {
    onSuccess: onChanged,
    onError: (error: unknown) => {
      toast.error(toProblem(error).message);
      void onChanged();
    },
  };
  const change = api.useMutation("patch", ONE, settled);
  const remove = api.useMutation("delete", ONE, settled);
  const test = api.useMutation("post", `${ONE}/test`, settled);
  const last = test.data ?? provider.last_test;
  const kind = t(`providers.kinds.${provider.kind}`);
  return (
    <Row
      action={
        <Switch
          aria-label={t("providers.enabledOf", { name: provider.name })}
          checked={change.isPending ? !provider.enabled : provider.enabled}
          disabled={change.isPending}
          onCheckedChange={(enabled) =>
            change.mutate({ params, body: { enabled, version: provider.version } })
          }
        />
      }
    >
      <p className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1">
        <span className="wrap-anywhere font-medium text-sm">{provider.name}</span>
        {kind !== provider.name && <Badge>{kind}</Badge>}
        <Badge tone={provider.location === "inside" ? "ok" : "neutral"}>
          {t(`providers.locations.${provider.location}`)}
        </Badge>
        {provider.region && <Badge>{provider.region}</Badge>}
        {!provider.enabled && <Badge tone="warn">{t("providers.off")}</Badge>}
      </p>
      <p className="mt-0.5 break-all text-muted text-xs">
        {provider.base_url}
        {provider.has_key && ` · ${t("providers.keyHint", { hint: provider.key_hint })}`}
        {(provider.priority !== USUAL || provider.weight !== USUAL) &&
          ` · ${t("providers.standing", { priority: provider.priority, weight: provider.weight })}`}
      </p>
      <div aria-live="polite" className="mt-1">
        {last && <TestVerdict result={last} />}
        {!last && <p className="text-faint text-xs">{t("providers.untested")}</p>}
        {!test.data && provider.last_test && (
          <p className="text-faint text-xs">{ago(provider.last_test.at)}</p>
        )}
      </div>
      <div className="-ml-2.5 mt-1 flex flex-wrap gap-1">
        <Button
          size="sm"
          variant="ghost"
          loading={test.isPending}
          aria-label={t("providers.testOf", { name: provider.name })}
          onClick={() => test.mutate({ params })}
        >
          {t("providers.test")}
        </Button>
        <Button
          size="sm"
          variant="ghost"
          aria-label={t("providers.editOf", { name: provider.name })}
          onClick={onEdit}
        >
          {t("providers.change")}
        </Button>
        <Confirm
          label={t("providers.delete")}
          title={t("providers.deleteTitle", { name: provider.name })}
          body={t("providers.deleteBody")}
          busy={remove.isPending}
          onConfirm={() => remove.mutate({ params })}
        />
      </div>
    </Row>
  );
}
