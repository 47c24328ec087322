import { useMutation } from "@tanstack/react-query";
import { LoadProblem } from "@/features/settings/section";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useManages } from "@/lib/session/role";
import { Badge } from "@/ui/badge";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";
import { Select } from "@/ui/select";
import { SkeletonRows } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { calls, type Effect, type ServerTool, useRefresh, useServerTools } from "./queries";

const EFFECTS = ["unsafe", "idempotent", "pure"] as const;
const HINTS = ["readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"] as const;

/** What a server's tools say of themselves, each to consent to. */
export function ServerTools({ serverId, name }: { serverId: string; name: string }) {
  const { t } = useTranslation("mcp");
  const tools = useServerTools(serverId);
  const items = tools.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="mt-2 border-t pt-2">
      {tools.isPending && <SkeletonRows rows={2} />}
      {tools.error && <LoadProblem error={tools.error} onRetry={() => void tools.refetch()} />}
      {tools.data && items.length === 0 && <p className="text-muted text-sm">{t("noTools")}</p>}
      <ul aria-label={t("showToolsOf", { name })} className="flex flex-col gap-2">
        {items.map((tool) => (
          <Tool key={tool.id} tool={tool} />
        ))}
      </ul>
      {tools.hasNextPage && (
        <Button
          size="sm"
          className="mt-2"
          loading={tools.isFetchingNextPage}
          onClick={() => void tools.fetchNextPage()}
        >
          {t("more")}
        </Button>
      )}
    </div>
  );
}

function Tool({ tool }: { tool: ServerTool }) {
  const { t } = useTranslation("mcp");
  const hints = HINTS.filter((hint) => tool.annotations[hint]).map((hint) => t(`hint.${hint}`));
  return (
    <li className="rounded-md border p-3">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className="min-w-0 break-all font-medium text-sm">{tool.name}</span>
        {tool.consent === "given" && <Badge tone="ok">{t("consented")}</Badge>}
        {tool.fault && <Badge tone="warn">{t("unusable")}</Badge>}
        <span className="ml-auto">
          <ConsentButton tool={tool} />
        </span>
      </div>
      {tool.offered_as && (
        <p className="break-all font-mono text-faint text-xs">
          {t("calledAs", { name: tool.offered_as })}
        </p>
      )}
      {tool.consent === "changed" && (
        <Banner tone="warn" className="mt-2">
          <strong className="font-medium">{t("changedTitle")}</strong> {t("changedBody")}
        </Banner>
      )}
      {tool.fault && <p className="mt-1 text-sm text-warn-ink">{tool.fault}</p>}
      <p className="mt-1 whitespace-pre-wrap break-words text-sm">{tool.description}</p>
      {hints.length > 0 && (
        <p className="mt-1 text-muted text-xs">{t("hints", { hints: hints.join(", ") })}</p>
      )}
      <details className="mt-1 text-xs">
        <summary className="cursor-pointer text-muted">{t("schema")}</summary>
        <pre
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
          tabIndex={0}
          className="mt-1 max-h-60 overflow-auto rounded-sm bg-sunken p-2"
        >
          {JSON.stringify(tool.input_schema, null, 2)}
        </pre>
      </details>
      <EffectOf tool={tool} />
    </li>
  );
}

function useChange(change: (tool: ServerTool) => Promise<unknown>) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: change,
    onError: (error) => toast.error(toProblem(error).message),
    // Also after a failure: the tool may be another one by now.
    onSettled: () => refresh(),
  });
}

function ConsentButton({ tool }: { tool: ServerTool }) {
  const { t } = useTranslation("mcp");
  const given = tool.consent === "given";
  const change = useChange(given ? calls.withdraw : calls.consent);
  if (tool.fault && !given) return null;
  return (
    <Button
      size="sm"
      variant={given ? "ghost" : "primary"}
      loading={change.isPending}
      aria-label={t(given ? "withdrawFrom" : "consentTo", { name: tool.name })}
      onClick={() => change.mutate(tool)}
    >
      {t(given ? "withdraw" : "consent")}
    </Button>
  );
}

function EffectOf({ tool }: { tool: ServerTool }) {
  const { t } = useTranslation("mcp");
  const manages = useManages();
  const refresh = useRefresh();
  const change = useMutation({
    mutationFn: (effect: Effect) => calls.setEffect(tool, effect),
    onError: (error) => toast.error(toProblem(error).message),
    onSettled: () => refresh(),
  });
  if (!manages) {
    return (
      <p className="mt-1 text-muted text-xs">
        {t("effect")}: {t(`effects.${tool.effect}`)}
      </p>
    );
  }
  return (
    <div className="mt-2 max-w-56">
      <Field label={t("effectOf", { name: tool.name })}>
        {(control) => (
          <Select
            {...control}
            value={tool.effect}
            disabled={change.isPending}
            onChange={(effect) => change.mutate(effect)}
            options={EFFECTS.map((value) => ({ value, label: t(`effects.${value}`) }))}
          />
        )}
      </Field>
    </div>
  );
}
