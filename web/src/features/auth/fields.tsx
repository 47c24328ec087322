import { Eye, EyeOff } from "lucide-react";
import { useState } from "react";
import type { ProblemError } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Banner } from "@/ui/banner";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { QuietIconButton } from "@/ui/quiet-icon-button";

interface TextFieldProps {
  name: string;
  label: string;
  problem: ProblemError | null;
  type?: "text" | "email";
  hint?: string;
  autoComplete?: string;
  autoFocus?: boolean;
  defaultValue?: string;
  readOnly?: boolean;
  required?: boolean;
}

export function TextField({
  name,
  label,
  problem,
  hint,
  required = true,
  ...rest
}: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={problem?.fieldError(name)}>
      {(control) => <Input {...control} {...rest} name={name} required={required} size="lg" />}
    </Field>
  );
}

interface PasswordFieldProps {
  name: string;
  label: string;
  problem: ProblemError | null;
  autoComplete: "current-password" | "new-password";
  hint?: string;
}

/** A password that can be looked at: typing blind costs more sign-ins than shoulders do. */
export function PasswordField({ name, label, problem, autoComplete, hint }: PasswordFieldProps) {
  const { t } = useTranslation("auth");
  const [shown, setShown] = useState(false);
  return (
    <Field label={label} hint={hint} error={problem?.fieldError(name)}>
      {(control) => (
        <span className="relative block">
          <Input
            {...control}
            name={name}
            type={shown ? "text" : "password"}
            required
            size="lg"
            autoComplete={autoComplete}
            className="pr-10"
            {...(autoComplete === "new-password" ? { minLength: 10 } : {})}
          />
          <span className="-translate-y-1/2 absolute top-1/2 right-1">
            <QuietIconButton
              icon={shown ? EyeOff : Eye}
              label={shown ? t("hidePassword") : t("showPassword")}
              onClick={() => setShown(!shown)}
            />
          </span>
        </span>
      )}
    </Field>
  );
}

/** What went wrong with the whole form; field errors stand at their fields. */
export function FormProblem({ problem }: { problem: ProblemError | null }) {
  if (!problem || problem.errors.length > 0) return null;
  return <Banner tone="danger">{problem.detail || problem.title}</Banner>;
}
