import { useTranslation } from "@/lib/i18n/use-translation";
import { useManages } from "@/lib/session/role";
import { Banner } from "@/ui/banner";
import { SkeletonRows } from "@/ui/skeleton";
import { useAiPreferences } from "./ai-preferences";
import { AliasesSection } from "./aliases-section";
import { ChoiceSection } from "./choice-section";
import { FallbacksSection } from "./fallbacks-section";
import { PolicySection } from "./policy-section";
import { ReachSection } from "./reach-section";
import { LoadProblem, Section } from "./section";

/** Where words may go, which model answers, and by which names. For administrators. */
export function RoutingSection() {
  const { t } = useTranslation("routing");
  const manages = useManages();
  const preferences = useAiPreferences();
  if (!manages) {
    return (
      <>
        <Section title={t("title")}>
          <Banner>{t("notYours")}</Banner>
        </Section>
        <ReachSection />
      </>
    );
  }
  if (preferences.isPending) return <SkeletonRows rows={5} />;
  if (preferences.error) {
    return <LoadProblem error={preferences.error} onRetry={() => void preferences.refetch()} />;
  }
  const { data } = preferences;
  return (
    <>
      <PolicySection saved={data} />
      <ReachSection />
      <ChoiceSection saved={data} />
      <AliasesSection aliases={data.aliases} lost={data.unreached.aliases} />
      <FallbacksSection fallbacks={data.fallbacks} lost={data.unreached.fallbacks} />
    </>
  );
}
