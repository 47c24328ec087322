import { api } from "@/lib/api/hooks";
import type { components } from "@/lib/api/schema";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Badge, type Tone } from "@/ui/badge";
import { SkeletonRows } from "@/ui/skeleton";
import { seconds } from "../chat/numbers";
import { LoadProblem, Row, Section } from "../settings/section";
import { moment } from "./forecast";
import { conditionOf, wasAsked } from "./health";
import { polled } from "./live-calls";

const PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 0 });

const TONES = {
  well: "ok",
  unsteady: "warn",
  open: "danger",
  halfOpen: "warn",
  unknown: "neutral",
} as const satisfies Record<ReturnType<typeof conditionOf>, Tone>;

/** How the models that were asked of late are; the ailing first. */
export function HealthSection() {
  const { t } = useTranslation("usage");
  const health = api.useQuery("get", "/api/v1/ai/health", {}, polled);
  const asked = health.data?.items.filter(wasAsked) ?? [];
  return (
    <Section title={t("health.title")} lead={t("health.lead")}>
      {health.isPending && <SkeletonRows rows={2} />}
      {health.error && <LoadProblem error={health.error} onRetry={() => void health.refetch()} />}
      {health.data && asked.length === 0 && (
        <p className="text-muted text-sm">{t("health.none")}</p>
      )}
      <ul aria-label={t("health.title")}>
        {asked.map((each) => (
          <HealthRow key={`${each.provider_id}/${each.model}`} health={each} />
        ))}
      </ul>
    </Section>
  );
}

function HealthRow({ health }: { health: components["schemas"]["OfferHealthShape"] }) {
  const { t } = useTranslation("usage");
  const condition = conditionOf(health);
  const facts = [
    health.provider,
    ...(health.error_share === null
      ? []
      : [t("health.share", { percent: PERCENT.format(health.error_share) })]),
    ...(health.first_token_ms === null
      ? []
      : [t("health.firstToken", { time: seconds(health.first_token_ms) })]),
    ...(health.duration_ms === null
      ? []
      : [t("health.duration", { time: seconds(health.duration_ms) })]),
  ];
  return (
    <Row action={<Badge tone={TONES[condition]}>{t(`health.states.${condition}`)}</Badge>}>
      <p className="wrap-anywhere font-medium text-sm">{health.model}</p>
      <p className="text-pretty text-muted text-xs tabular-nums">{facts.join(" · ")}</p>
      {condition !== "well" && (
        <p className="text-pretty text-muted text-xs">
          {t(`health.means.${condition}`)}
          {health.since &&
            (condition === "open" || condition === "halfOpen") &&
            ` ${t("health.since", { when: moment(health.since) })}`}
        </p>
      )}
      {condition === "well" && health.since && (
        <p className="text-muted text-xs">{t("health.again", { when: moment(health.since) })}</p>
      )}
    </Row>
  );
}
