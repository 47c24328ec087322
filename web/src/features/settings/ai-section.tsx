import { useTranslation } from "@/lib/i18n/use-translation";
import { useManages } from "@/lib/session/role";
import { Banner } from "@/ui/banner";
import { SkeletonRows } from "@/ui/skeleton";
import { useAiPreferences } from "./ai-preferences";
import { DocumentsSection } from "./documents-section";
import { GuardrailsSection } from "./guardrails-section";
import { LoadProblem, Section } from "./section";
import { SpeedSection } from "./speed-section";

/** What happens around a call: kept answers, a second model, guardrails. For administrators. */
export function AiSection() {
  const { t } = useTranslation("routing");
  const manages = useManages();
  const preferences = useAiPreferences();
  if (!manages) {
    return (
      <Section title={t("ai.title")}>
        <Banner>{t("ai.notYours")}</Banner>
      </Section>
    );
  }
  if (preferences.isPending) return <SkeletonRows rows={5} />;
  if (preferences.error) {
    return <LoadProblem error={preferences.error} onRetry={() => void preferences.refetch()} />;
  }
  return (
    <>
      <SpeedSection saved={preferences.data} />
      <GuardrailsSection saved={preferences.data} />
      <DocumentsSection />
    </>
  );
}
