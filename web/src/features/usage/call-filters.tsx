import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Select, type SelectOption } from "@/ui/select";
import { type CallFilter, isFiltered, narrowed, STATUSES } from "./call-filter";
import { usePeopleAndKeys, useUsage } from "./model";

/** Radix knows no empty value. */
const ANY = "any";

function named(all: readonly { id: string; name: string }[]): SelectOption<string>[] {
  return all.map(({ id, name }) => ({ value: id, label: name }));
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
  const choices: { part: keyof CallFilter; options: SelectOption<string>[] }[] = [
    { part: "model", options: models },
    ...(everyone ? [{ part: "user_id" as const, options: named(people) }] : []),
    { part: "api_key_id", options: named(keys) },
    {
      part: "status",
      options: STATUSES.map((status) => ({ value: status, label: t(`calls.${status}`) })),
    },
  ];
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      {choices.map(({ part, options }) => (
        <Select
          key={part}
          aria-label={t(`filters.${part}`)}
          value={filter[part] ?? ANY}
          onChange={(value) =>
            onChange(
              narrowed(
                filter,
                part,
                value === ANY ? null : (value as CallFilter[typeof part] & string),
              ),
            )
          }
          options={[{ value: ANY, label: t(`filters.any.${part}`) }, ...options]}
          className="!w-auto min-w-28 max-w-44 max-sm:flex-1"
        />
      ))}
      {isFiltered(filter) && (
        <Button size="sm" variant="ghost" onClick={() => onChange({})}>
          {t("filters.clear")}
        </Button>
      )}
    </div>
  );
}
