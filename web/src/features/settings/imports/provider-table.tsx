import type { ReactNode } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Badge, type Tone } from "@/ui/badge";
import { CardTable } from "@/ui/card-table";
import type { ImportedProvider, Outcome } from "./model";

const WIDE_ROW = "@xl:grid-cols-[minmax(0,5fr)_minmax(0,7fr)_minmax(0,8fr)_minmax(0,7fr)]";
const TONES: Record<Outcome, Tone> = {
  made: "ok",
  made_disabled: "warn",
  exists: "neutral",
  refused: "danger",
};

export type Tense = "will" | "became";

interface ProviderTableProps {
  providers: readonly ImportedProvider[];
  tense: Tense;
}

/** What becomes of each provider. */
export function ProviderTable({ providers, tense }: ProviderTableProps) {
  const { t } = useTranslation("imports");
  const heads = {
    provider: t("providers.provider"),
    address: t("providers.address"),
    models: t("providers.models"),
    outcome: t("providers.outcome"),
  };
  return (
    <CardTable label={t("providers.title")} wide={WIDE_ROW} heads={heads}>
      {providers.map((provider) => (
        <ProviderLine key={provider.name} provider={provider} tense={tense} />
      ))}
    </CardTable>
  );
}

function ProviderLine({ provider, tense }: { provider: ImportedProvider; tense: Tense }) {
  const { t } = useTranslation("settings");
  const kind = t(`providers.kinds.${provider.kind}`);
  return (
    <div role="row" className={`grid gap-x-3 gap-y-1.5 border-t py-2.5 ${WIDE_ROW}`}>
      <Cell>
        <p className="wrap-anywhere font-medium">{provider.name}</p>
        <p className="text-muted text-xs">{kind}</p>
      </Cell>
      <Cell>
        <Address provider={provider} />
      </Cell>
      <Cell>
        <Models name={provider.name} models={provider.models} />
      </Cell>
      <Cell>
        <Became provider={provider} tense={tense} />
      </Cell>
    </div>
  );
}

function Cell({ children }: { children: ReactNode }) {
  return (
    <div role="cell" className="min-w-0">
      {children}
    </div>
  );
}

/** Where it is, and which key goes there: none to one that is not made. */
function Address({ provider }: { provider: ImportedProvider }) {
  const { address, key, reference, outcome } = provider;
  const { t } = useTranslation("imports");
  if (address === "") return <span className="text-muted">{t("providers.noAddress")}</span>;
  return (
    <>
      <p className="wrap-anywhere">{address}</p>
      {outcome === "made" && (
        <p className="wrap-anywhere text-muted text-xs">
          {key === "none"
            ? t("providers.keyNone")
            : reference === null
              ? t("providers.keyOfFile")
              : t("providers.keyGiven", { reference })}
        </p>
      )}
    </>
  );
}

function Models({ name, models }: { name: string; models: readonly string[] }) {
  const { t } = useTranslation("imports");
  const [only] = models;
  if (only === undefined) return <span className="text-muted">{t("providers.all")}</span>;
  if (models.length === 1) return <span className="wrap-anywhere">{only}</span>;
  return (
    <details>
      <summary className="w-fit cursor-pointer rounded-xs touch:min-h-6">
        {t("providers.count", { count: models.length })}
      </summary>
      <ul aria-label={t("providers.modelsOf", { name })} className="mt-1 flex flex-col gap-0.5">
        {models.map((model) => (
          <li key={model} className="wrap-anywhere text-muted text-xs">
            {model}
          </li>
        ))}
      </ul>
    </details>
  );
}

function Became({ provider, tense }: { provider: ImportedProvider; tense: Tense }) {
  const { t } = useTranslation("imports");
  const { outcome, reference, detail } = provider;
  const why: Record<Outcome, string> = {
    made: "",
    made_disabled: reference === null ? t("missingKey") : t("missing", { reference }),
    exists: t("exists"),
    refused: detail,
  };
  return (
    <>
      <Badge tone={TONES[outcome]}>{t(`outcomes.${outcome}.${tense}`)}</Badge>
      {why[outcome] && (
        <p className="mt-1 text-pretty wrap-anywhere text-muted text-xs">{why[outcome]}</p>
      )}
    </>
  );
}
