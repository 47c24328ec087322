import { clsx } from "clsx";
import { useTranslation } from "@/lib/i18n/use-translation";
import type { Found, Kind } from "./palette-search";

interface Choice {
  kind: Kind | null;
  label: string;
  count: string;
}

interface Props {
  found: Found[];
  kind: Kind | null;
  onChoose: (kind: Kind | null) => void;
}

/** Which kind of things is shown: one Tab away from the words. */
export function PaletteFacets({ found, kind, onChoose }: Props) {
  const { t } = useTranslation();
  const choices: Choice[] = [
    { kind: null, label: t("palette.all"), count: "" },
    ...found.map((each) => ({
      kind: each.kind,
      label: t(`palette.facets.${each.kind}`),
      count: each.failed ? "!" : `${each.count}${each.hasMore ? "+" : ""}`,
    })),
  ];
  const failed = found.filter((each) => each.failed);
  return (
    <div className="border-b px-3 py-2">
      <fieldset className="flex gap-1.5 overflow-x-auto">
        <legend className="sr-only">{t("palette.show")}</legend>
        {choices.map((choice) => (
          <button
            key={choice.kind ?? "all"}
            type="button"
            aria-pressed={choice.kind === kind}
            onClick={() => onChoose(choice.kind)}
            onKeyDown={(event) => {
              // The list around it would take it for a choice among the findings.
              if (event.key === "Enter") event.stopPropagation();
            }}
            className={clsx(
              "flex h-7 shrink-0 items-center gap-1.5 rounded-full border px-2.5 text-xs touch:h-9",
              choice.kind === kind ? "bg-active font-medium" : "text-muted hover:bg-hover",
            )}
          >
            {choice.label}
            {choice.count && <span className="text-muted tabular-nums">{choice.count}</span>}
          </button>
        ))}
      </fieldset>
      {failed.length > 0 && (
        <p className="pt-1.5 text-warn-ink text-xs">
          {t("palette.partly", {
            kinds: failed.map((each) => t(`palette.facets.${each.kind}`)).join(", "),
          })}
        </p>
      )}
    </div>
  );
}
