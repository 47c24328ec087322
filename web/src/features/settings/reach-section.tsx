import { useState } from "react";
import { api } from "@/lib/api/hooks";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Badge } from "@/ui/badge";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { SkeletonRows } from "@/ui/skeleton";
import { MODELS, type Models } from "./model-names";
import { type Reach, reachesOf } from "./reach";
import { LoadProblem, Row, Section } from "./section";

/** Which models can be asked under what is saved, and what keeps the others back. */
export function ReachSection() {
  const { t } = useTranslation("routing");
  const models = api.useQuery("get", MODELS);
  return (
    <Section title={t("reach.title")} lead={t("reach.lead")}>
      {models.isPending && <SkeletonRows rows={4} />}
      {models.error && <LoadProblem error={models.error} onRetry={() => void models.refetch()} />}
      {models.data && <Reached models={models.data} />}
    </Section>
  );
}

function Reached({ models }: { models: Models }) {
  const { t } = useTranslation("routing");
  const { asked, keptBack, beyond } = reachesOf(models.models);
  return (
    <div className="flex flex-col gap-5">
      {asked.length === 0 && (
        <Banner tone="danger" title={t("reach.nobodyTitle")}>
          {t("reach.nobody")}
        </Banner>
      )}
      <ul aria-label={t("reach.list")}>
        {[...asked, ...keptBack].map((reach) => (
          <ReachRow key={`${reach.provider}/${reach.refusal}/${reach.models[0]}`} reach={reach} />
        ))}
      </ul>
      {beyond > 0 && <p className="text-muted text-xs">{t("reach.beyond", { count: beyond })}</p>}
      <Slots slots={models.slots} />
    </div>
  );
}

const NAMED = 6;

function ReachRow({ reach }: { reach: Reach }) {
  const { t } = useTranslation("routing");
  const [all, setAll] = useState(false);
  const shown = all ? reach.models : reach.models.slice(0, NAMED);
  const more = reach.models.length - shown.length;
  return (
    <Row
      action={
        <Badge tone={reach.refusal === null ? "ok" : "warn"}>
          {t(reach.refusal === null ? "reach.asked" : "reach.kept")}
        </Badge>
      }
    >
      <p className="wrap-anywhere font-medium text-sm">{reach.provider}</p>
      <p className="text-pretty break-words text-muted text-xs">
        {shown.join(" · ")}
        {more > 0 && (
          <Button size="sm" variant="ghost" className="ml-1" onClick={() => setAll(true)}>
            {t("reach.more", { count: more })}
          </Button>
        )}
      </p>
      {reach.refusal !== null && (
        <p className="text-pretty text-warn-ink text-xs">{t(`reach.why.${reach.refusal}`)}</p>
      )}
    </Row>
  );
}

function Slots({ slots }: { slots: Models["slots"] }) {
  const { t } = useTranslation("routing");
  return (
    <section>
      <h4 className="mb-1 font-medium text-sm">{t("reach.slots")}</h4>
      <dl>
        {slots.map((slot) => (
          <div
            key={slot.slot}
            className="flex flex-wrap items-baseline justify-between gap-x-3 border-t py-1.5 text-sm first:border-t-0"
          >
            <dt className="text-muted">{slot.label}</dt>
            <dd className="min-w-0 text-right">
              {slot.model ? (
                t("reach.answers", { model: slot.model_label, provider: slot.provider })
              ) : (
                <span className="text-warn-ink">{slot.reason.sentence}</span>
              )}
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
