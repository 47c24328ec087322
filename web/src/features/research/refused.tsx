import { Unplug } from "lucide-react";
import { useTranslation } from "@/lib/i18n/use-translation";

const SETTINGS = [
  ["VECTAL_SEARCH_URL=searxng+https://…", "searxng"],
  ["VECTAL_BRAVE_KEY", "brave"],
  ["VECTAL_TAVILY_KEY", "tavily"],
  ["VECTAL_PERPLEXITY_KEY", "perplexity"],
] as const;

/** Nothing can be researched here yet, and how that changes. */
export function Refused() {
  const { t } = useTranslation("research");
  return (
    <section
      aria-label={t("refused.title")}
      className="rounded-md border bg-raised px-4 py-4 shadow-panel"
    >
      <h2 className="flex items-center gap-2 font-semibold text-base">
        <Unplug aria-hidden size={16} className="shrink-0 text-warn-ink" />
        {t("refused.title")}
      </h2>
      <p className="mt-1 text-pretty text-muted text-sm">{t("refused.body")}</p>
      <table className="mt-3 w-full text-left text-sm">
        <caption className="sr-only">{t("refused.caption")}</caption>
        <thead className="sr-only">
          <tr>
            <th scope="col">{t("refused.setting")}</th>
            <th scope="col">{t("refused.engine")}</th>
          </tr>
        </thead>
        <tbody>
          {SETTINGS.map(([setting, engine]) => (
            <tr key={setting} className="border-t max-sm:block max-sm:py-1.5">
              <th scope="row" className="py-1.5 pr-4 font-normal max-sm:block max-sm:py-0">
                <code className="break-all text-xs">{setting}</code>
              </th>
              <td className="py-1.5 text-muted max-sm:block max-sm:py-0">
                {t(`refused.${engine}`)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
