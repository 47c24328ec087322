import type { ProblemError } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { complaint, type Entered, type ImportReport, type Reference } from "./model";

interface ReferenceFieldsProps {
  report: ImportReport;
  entered: Entered;
  onChange: (entered: Entered) => void;
  problem: ProblemError | null;
}

/** A field for each value that the file leaves to its reader. */
export function ReferenceFields({ report, entered, onChange, problem }: ReferenceFieldsProps) {
  const { t } = useTranslation("imports");
  if (report.references.length === 0) return null;
  return (
    <section aria-label={t("references.title")}>
      <h3 className="font-medium text-sm">{t("references.title")}</h3>
      <p className="mt-0.5 text-pretty text-muted text-xs">{t("references.lead")}</p>
      <div className="mt-3 grid gap-3 sm:grid-cols-2">
        {report.references.map((reference) => (
          <ReferenceField
            key={reference.name}
            reference={reference}
            users={report.providers.filter((each) => each.reference === reference.name)}
            value={entered[reference.name] ?? ""}
            onChange={(value) => onChange({ ...entered, [reference.name]: value })}
            error={complaint(problem, reference.name)}
          />
        ))}
      </div>
    </section>
  );
}

interface ReferenceFieldProps {
  reference: Reference;
  users: readonly { name: string }[];
  value: string;
  onChange: (value: string) => void;
  error: string | undefined;
}

function ReferenceField({ reference, users, value, onChange, error }: ReferenceFieldProps) {
  const { t } = useTranslation("imports");
  const isKey = reference.wanted === "key";
  const names = users.map(({ name }) => name).join(", ");
  const keyHint = names ? t("references.key", { names }) : t("references.keyAlone");
  return (
    <Field
      label={<span className="wrap-anywhere font-mono text-xs">{reference.name}</span>}
      hint={isKey ? keyHint : t("references.address")}
      error={error}
    >
      {(control) => (
        <Input
          {...control}
          type={isKey ? "password" : "text"}
          size="lg"
          value={value}
          onChange={(event) => onChange(event.target.value)}
          maxLength={500}
          // Not the password of this site: browsers shall neither fill it in nor keep it.
          autoComplete={isKey ? "new-password" : "off"}
          {...(isKey ? {} : { inputMode: "url" as const })}
          spellCheck={false}
        />
      )}
    </Field>
  );
}
