import { useState } from "react";
import { useSubmit } from "@/features/auth/use-submit";
import { api } from "@/lib/api/hooks";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Checkbox } from "@/ui/checkbox";
import { Field } from "@/ui/field";
import { NameInput } from "@/ui/name-input";
import { SegmentedControl } from "@/ui/segmented-control";
import { toast } from "@/ui/toast";
import { type AiPreferences, useSavePreferences } from "./ai-preferences";
import { AllProblems } from "./all-problems";
import { Choice } from "./choice";
import { KINDS } from "./key-rules-fields";
import { effectsOf } from "./reach";
import { Section } from "./section";

/** Where the words of this workspace may go. */
export function PolicySection({ saved }: { saved: AiPreferences }) {
  const { t } = useTranslation("routing");
  const save = useSavePreferences();
  const [neverLeaves, setNeverLeaves] = useState(saved.never_leaves);
  const [only, setOnly] = useState(saved.allowed_providers.length > 0);
  const [providers, setProviders] = useState<readonly string[]>(saved.allowed_providers);
  const [regions, setRegions] = useState<readonly string[]>(saved.allowed_regions);
  const policy = {
    never_leaves: neverLeaves,
    allowed_providers: only ? [...providers] : [],
    allowed_regions: [...regions],
  };
  const { busy, problem, onSubmit } = useSubmit(async () => {
    await save(() => policy);
    toast.success(t("saved"));
  });
  const nobody = only && providers.length === 0;
  return (
    <Section title={t("policy.title")} lead={t("policy.lead")}>
      <form onSubmit={onSubmit} className="flex flex-col gap-5">
        <AllProblems problem={problem} />
        <Choice
          label={t("policy.never")}
          hint={t("policy.neverHint")}
          checked={neverLeaves}
          onChange={setNeverLeaves}
        />
        <div>
          <p className="mb-2 font-medium text-sm">{t("policy.providers")}</p>
          <SegmentedControl
            label={t("policy.providers")}
            value={only ? "only" : "all"}
            onChange={(value) => setOnly(value === "only")}
            segments={[
              { value: "all", label: t("policy.all") },
              { value: "only", label: t("policy.only") },
            ]}
          />
          {only && <Allowed providers={providers} onChange={setProviders} />}
          {nobody && <p className="mt-2 text-danger-ink text-xs">{t("policy.chooseOne")}</p>}
        </div>
        <Field label={t("policy.regions")} hint={t("policy.regionsHint")}>
          {(control) => <RegionInput {...control} values={regions} onChange={setRegions} />}
        </Field>
        <Meaning policy={policy} />
        <div>
          <Button type="submit" variant="primary" loading={busy} disabled={nobody}>
            {t("policy.save")}
          </Button>
        </div>
      </form>
    </Section>
  );
}

const LIST = "/api/v1/ai/providers";

interface AllowedProps {
  providers: readonly string[];
  onChange: (providers: string[]) => void;
}

/** Kinds of providers and single ones; a kind also takes in those that come later. */
function Allowed({ providers, onChange }: AllowedProps) {
  const { t } = useTranslation("routing");
  const { t: s } = useTranslation("settings");
  const { data } = api.useQuery("get", LIST);
  const single = data?.items ?? [];
  const known = new Set<string>([...KINDS, ...single.map(({ id }) => id)]);
  const choices = [
    ...KINDS.map((kind) => ({
      value: kind,
      label: t("policy.everyOf", { kind: s(`providers.kinds.${kind}`) }),
    })),
    ...single.map(({ id, name }) => ({ value: id, label: name })),
    // Of a provider that was deleted meanwhile only its id is left.
    ...providers
      .filter((value) => data !== undefined && !known.has(value))
      .map((value) => ({ value, label: t("policy.gone", { end: value.slice(-4) }) })),
  ];
  return (
    <div className="mt-3 grid gap-x-4 gap-y-2 sm:grid-cols-2">
      {choices.map(({ value, label }) => (
        <label key={value} className="flex min-w-0 items-center gap-2 text-sm touch:min-h-9">
          <Checkbox
            checked={providers.includes(value)}
            onCheckedChange={(on) =>
              onChange(
                on === true ? [...providers, value] : providers.filter((each) => each !== value),
              )
            }
          />
          <span className="truncate">{label}</span>
        </label>
      ))}
    </div>
  );
}

interface RegionInputProps {
  id: string;
  values: readonly string[];
  onChange: (values: string[]) => void;
}

function RegionInput({ onChange, ...rest }: RegionInputProps) {
  const { data } = api.useQuery("get", LIST);
  const regions = new Set(data?.items.map(({ region }) => region).filter((name) => name !== ""));
  return (
    <NameInput
      {...rest}
      placeholder="eu-west"
      suggestions={[...regions]}
      // The server keeps them in small letters too.
      onChange={(names) => onChange([...new Set(names.map((name) => name.toLowerCase()))])}
    />
  );
}

/** What the policy means, before it is saved. */
function Meaning({
  policy,
}: {
  policy: Pick<AiPreferences, "never_leaves" | "allowed_providers" | "allowed_regions">;
}) {
  const { t } = useTranslation("routing");
  const { t: s } = useTranslation("settings");
  const { data } = api.useQuery("get", LIST);
  const names = policy.allowed_providers.map((value) => {
    const kind = KINDS.find((each) => each === value);
    if (kind) return t("policy.everyOf", { kind: s(`providers.kinds.${kind}`) });
    return data?.items.find(({ id }) => id === value)?.name ?? "–";
  });
  const told = { providers: names.join(", "), regions: policy.allowed_regions.join(", ") };
  return (
    <div aria-live="polite" className="rounded-sm bg-sunken px-3 py-2.5 text-sm">
      <p className="mb-1 font-medium">{t("policy.means")}</p>
      <ul className="list-disc pl-4 text-muted">
        {effectsOf(policy).map((effect) => (
          <li key={effect} className="text-pretty">
            {t(`policy.effects.${effect}`, told)}
          </li>
        ))}
      </ul>
    </div>
  );
}
