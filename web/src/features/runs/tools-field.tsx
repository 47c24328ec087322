import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Checkbox } from "@/ui/checkbox";
import { SegmentedControl } from "@/ui/segmented-control";
import { SkeletonRows } from "@/ui/skeleton";
import { useAgentTools } from "./tools";

interface ToolsFieldProps {
  /** Null grants all. */
  value: readonly string[] | null;
  onChange: (tools: string[] | null) => void;
}

/** Which tools a run may call: all that its person may use, or some of them. */
export function ToolsField({ value, onChange }: ToolsFieldProps) {
  const { t } = useTranslation("runs");
  return (
    <div>
      <p className="mb-2 font-medium text-sm">{t("tools.label")}</p>
      <SegmentedControl
        label={t("tools.label")}
        value={value === null ? "all" : "some"}
        onChange={(which) => onChange(which === "all" ? null : [...(value ?? [])])}
        segments={[
          { value: "all", label: t("tools.all") },
          { value: "some", label: t("tools.some") },
        ]}
        className="max-sm:flex"
      />
      {value !== null && <ToolList value={value} onChange={onChange} />}
    </div>
  );
}

function ToolList({
  value,
  onChange,
}: {
  value: readonly string[];
  onChange: (tools: string[]) => void;
}) {
  const { t } = useTranslation("runs");
  const { data, error, isPending } = useAgentTools();
  if (isPending) return <SkeletonRows rows={3} />;
  if (error) return <p className="mt-2 text-danger-ink text-sm">{toProblem(error).message}</p>;
  const tools = data.toSorted((a, b) => a.title.localeCompare(b.title));
  return (
    <fieldset className="mt-2">
      <legend className="sr-only">{t("tools.some")}</legend>
      <div className="grid grid-cols-1 gap-x-4 gap-y-1.5 rounded-sm bg-sunken px-3 py-2 sm:grid-cols-2">
        {tools.map(({ name, title }) => (
          <label key={name} className="flex items-center gap-2 text-sm touch:min-h-9">
            <Checkbox
              checked={value.includes(name)}
              onCheckedChange={(on) =>
                onChange(on === true ? [...value, name] : value.filter((each) => each !== name))
              }
            />
            <span className="min-w-0">{title}</span>
          </label>
        ))}
      </div>
      <p className="mt-1.5 text-muted text-xs">
        {t(value.length === 0 ? "tools.none" : "tools.count", { count: value.length })}
      </p>
    </fieldset>
  );
}
