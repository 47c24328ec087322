import { useTranslation } from "react-i18next";
import { api } from "@/lib/api/hooks";
import { Badge } from "@/ui/badge";
import { Row, Section } from "../settings/section";
import { live } from "./model";

const PERCENT = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 0 });

/** Models that have failed of late; nothing is shown when all are well. */
export function HealthSection() {
  const { t } = useTranslation("usage");
  const health = api.useQuery("get", "/api/v1/ai/health", {}, live);
  const ailing = health.data?.items.filter((each) => each.health !== "healthy") ?? [];
  if (ailing.length === 0) return null;
  return (
    <Section title={t("health.title")} lead={t("health.lead")}>
      <ul>
        {ailing.map((each) => (
          <Row
            key={`${each.provider_id}/${each.model}`}
            action={
              <Badge tone={each.health === "open" ? "danger" : "warn"}>
                {t(each.health === "open" ? "health.open" : "health.degraded")}
              </Badge>
            }
          >
            <p className="truncate font-medium text-sm">{each.model}</p>
            <p className="text-muted text-xs">
              {each.provider} · {t("health.share", { percent: PERCENT.format(each.failure_share) })}
            </p>
          </Row>
        ))}
      </ul>
    </Section>
  );
}
