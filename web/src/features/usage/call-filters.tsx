import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Combobox } from "@/ui/combobox";
import type { Named } from "@/ui/combobox-match";
import { Select } from "@/ui/select";
import { type CallFilter, isFiltered, narrowed, STATUSES } from "./call-filter";
import { usePeopleAndKeys, useUsage } from "./model";

/** Radix knows no empty value. */
const ANY = "any";

const WIDTH = "!w-auto min-w-28 max-w-44 max-sm:flex-1";

function named(all: readonly { id: string; name: string; hint: string }[]): Named[] {
  return all.map(({ id, name, hint }) => ({ value: id, label: name, hint }));
}

interface CallFiltersProps {
  filter: CallFilter;
  everyone: boolean;
  onChange: (filter: CallFilter) => void;
}

/** Narrows the list of calls; people are offered to those who see everyone's. */
export function CallFilters({ filter, everyone, onChange }: CallFiltersProps) {
  const { t } = useTranslation("usage");
  const usage = useUsage("model");
  const { people, keys } = usePeopleAndKeys();
  const models = usage.data?.items.map(({ group }) => ({ value: group, label: group })) ?? [];
  // A workspace may have hundreds of each.
  const found: { part: Exclude<keyof CallFilter, "status">; options: Named[] }[] = [
    { part: "model", options: models },
    ...(everyone ? [{ part: "user_id" as const, options: named(people) }] : []),
    { part: "api_key_id", options: named(keys) },
  ];
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      {found.map(({ part, options }) => (
        <Combobox
          key={part}
          aria-label={t(`filters.${part}`)}
          label={t(`filters.${part}`)}
          placeholder={t(`filters.any.${part}`)}
          value={filter[part] ?? ANY}
          onChange={(value) => onChange(narrowed(filter, part, value === ANY ? null : value))}
          options={[{ value: ANY, label: t(`filters.any.${part}`) }, ...options]}
          className={WIDTH}
        />
      ))}
      <Select
        aria-label={t("filters.status")}
        value={filter.status ?? ANY}
        onChange={(value) => onChange(narrowed(filter, "status", value === ANY ? null : value))}
        options={[
          { value: ANY, label: t("filters.any.status") },
          ...STATUSES.map((status) => ({ value: status, label: t(`calls.${status}`) })),
        ]}
        className={WIDTH}
      />
      {isFiltered(filter) && (
        <Button size="sm" variant="ghost" onClick={() => onChange({})}>
          {t("filters.clear")}
        </Button>
      )}
    </div>
  );
}
