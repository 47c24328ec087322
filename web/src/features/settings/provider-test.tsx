import { CircleAlert, CircleCheck } from "lucide-react";
import type { components } from "@/lib/api/schema";
import { useTranslation } from "@/lib/i18n/use-translation";

export type Provider = components["schemas"]["ProviderShape"];
export type TestResult = components["schemas"]["TestResultShape"];

interface TestVerdictProps {
  result: Pick<TestResult, "ok" | "latency_ms" | "detail"> & Partial<Pick<TestResult, "models">>;
}

const NAMED = 3;

/** What a test said: how fast and which models, or what went wrong in words. */
export function TestVerdict({ result }: TestVerdictProps) {
  const { t } = useTranslation("settings");
  if (!result.ok) {
    return (
      <p
        data-testid="verdict"
        data-ok={result.ok}
        className="flex items-start gap-1.5 text-danger-ink text-xs"
      >
        <CircleAlert aria-hidden size={13} className="mt-px shrink-0" />
        <span className="min-w-0 break-words">{result.detail || t("providers.failed")}</span>
      </p>
    );
  }
  const models = result.models ?? [];
  const names = models.slice(0, NAMED).map((model) => model.label ?? model.name);
  const more = models.length - names.length;
  return (
    <p
      data-testid="verdict"
      data-ok={result.ok}
      className="flex items-start gap-1.5 text-ok-ink text-xs"
    >
      <CircleCheck aria-hidden size={13} className="mt-px shrink-0" />
      <span className="min-w-0 break-words">
        {t("providers.answered", { ms: result.latency_ms })}
        {names.length > 0 && ` · ${names.join(", ")}`}
        {more > 0 && ` ${t("providers.more", { count: more })}`}
      </span>
    </p>
  );
}
