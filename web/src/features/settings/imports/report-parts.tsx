import { ArrowRight } from "lucide-react";
import { Fragment, type ReactNode } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import type { ImportReport } from "./model";

/** From so many on they are folded: what is taken over matters more. */
const MANY = 4;

/** Names that will mean a model, who stands in for whom, and what has no counterpart. */
export function ReportParts({ report }: { report: ImportReport }) {
  const { t } = useTranslation("imports");
  const { aliases, fallbacks, ignored } = report;
  return (
    <>
      {aliases.length > 0 && (
        <Part title={t("aliases")}>
          {aliases.map(({ name, model }) => (
            <Chain key={name} name={name} models={[model]} word={t("means")} />
          ))}
        </Part>
      )}
      {fallbacks.length > 0 && (
        <Part title={t("fallbacks")}>
          {fallbacks.map(({ name, models }) => (
            <Chain key={name} name={name} models={models} word={t("then")} />
          ))}
        </Part>
      )}
      {ignored.length > 0 && (
        <details open={ignored.length <= MANY}>
          <summary className="w-fit cursor-pointer rounded-xs font-medium text-sm touch:min-h-6">
            {t("ignored", { count: ignored.length })}
          </summary>
          <ul className="mt-1.5 flex flex-col gap-1.5">
            {ignored.map(({ place, reason }) => (
              <li key={place} className="text-xs">
                <code className="wrap-anywhere">{place}</code>
                <p className="text-pretty wrap-anywhere text-muted">{reason}</p>
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3 className="font-medium text-sm">{title}</h3>
      <ul className="mt-1.5 flex flex-col gap-1">{children}</ul>
    </section>
  );
}

interface ChainProps {
  name: string;
  models: readonly string[];
  /** What the arrow says. */
  word: string;
}

function Chain({ name, models, word }: ChainProps) {
  return (
    <li className="flex flex-wrap items-center gap-x-1.5 wrap-anywhere text-xs">
      <code className="font-medium">{name}</code>
      {models.map((model) => (
        <Fragment key={model}>
          <ArrowRight role="img" aria-label={word} size={13} className="text-faint" />
          <code className="text-muted">{model}</code>
        </Fragment>
      ))}
    </li>
  );
}
