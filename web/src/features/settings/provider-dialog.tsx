import { useId, useState } from "react";
import { FormProblem, TextField } from "@/features/auth/fields";
import { text, useSubmit } from "@/features/auth/use-submit";
import { client } from "@/lib/api/client";
import { type ProblemError, toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { SegmentedControl } from "@/ui/segmented-control";
import { Select } from "@/ui/select";
import { type Provider, type TestResult, TestVerdict } from "./provider-test";

const KINDS = ["openai", "anthropic", "deepseek", "openai_compatible", "simulator"] as const;
type Kind = (typeof KINDS)[number];

/** Kinds that answer without a key: some servers of one's own want none. */
const KEYLESS: ReadonlySet<Kind> = new Set(["openai_compatible", "simulator"]);

/** Vendors with a batch endpoint of their own. */
const BATCHING: ReadonlySet<Kind> = new Set(["openai", "anthropic"]);
const BATCH_ROUTES = ["vendor", "queue"] as const;
type BatchRoute = (typeof BATCH_ROUTES)[number];

const RESPONSES_ROUTES = ["vendor", "chat"] as const;
type ResponsesRoute = (typeof RESPONSES_ROUTES)[number];

/** How whole batches and requests of /v1/responses reach it; the latter null as the server takes it. */
interface Routes {
  batches: BatchRoute;
  responses: ResponsesRoute | null;
}

/** What is to be said of the routes: nothing where a kind has no such choice. */
function told(kind: Kind, routes: Routes): Partial<Routes> {
  return {
    ...(BATCHING.has(kind) ? { batches: routes.batches } : {}),
    ...(routes.responses && RESPONDING.has(kind) ? { responses: routes.responses } : {}),
  };
}

/** Kinds that may take OpenAI's newer shape. */
const RESPONDING: ReadonlySet<Kind> = new Set(["openai", "openai_compatible"]);

/** What the server takes where nothing is said. */
export const USUAL = 100;

interface ProviderDialogProps {
  /** Null makes a new one. */
  provider: Provider | null;
  onClose: () => void;
  onSaved: () => void;
}

interface Entered {
  base_url?: string;
  key?: string;
}

/** What was typed; an empty field says nothing, so that a stored key or the vendor's address stays. */
function entered(values: FormData): Entered {
  const address = text(values, "base_url").trim();
  const key = text(values, "key").trim();
  return { ...(address ? { base_url: address } : {}), ...(key ? { key } : {}) };
}

/** Where it stands among others; empty numbers take the usual ones. */
function standing(values: FormData) {
  const number = (name: string) => Number(text(values, name).trim() || USUAL);
  return {
    priority: number("priority"),
    weight: number("weight"),
    region: text(values, "region").trim(),
  };
}

async function save(
  kind: Kind,
  provider: Provider | null,
  values: FormData,
  routes: Routes,
): Promise<void> {
  const name = text(values, "name").trim();
  if (provider) {
    await client.PATCH("/api/v1/ai/providers/{provider_id}", {
      params: { path: { provider_id: provider.id } },
      body: {
        name,
        ...entered(values),
        ...standing(values),
        ...told(kind, routes),
        version: provider.version,
      },
    });
    return;
  }
  await client.POST("/api/v1/ai/providers", {
    body: {
      kind,
      name,
      ...entered(values),
      ...standing(values),
      ...told(kind, routes),
      enabled: true,
    },
  });
}

export function ProviderDialog({ provider, onClose, onSaved }: ProviderDialogProps) {
  const { t } = useTranslation("settings");
  const [kind, setKind] = useState<Kind>(provider?.kind ?? "openai");
  const [routes, setRoutes] = useState<Routes>({
    batches: provider?.batches ?? "vendor",
    responses: provider?.responses ?? null,
  });
  const { busy, problem, onSubmit } = useSubmit(async (values) => {
    await save(kind, provider, values, routes);
    onSaved();
    onClose();
  });
  const form = useId();
  const compatible = kind === "openai_compatible";
  const responses = routes.responses ?? "chat";
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t(provider ? "providers.edit" : "providers.add")}
      footer={
        // The fields are higher than a small screen: what tries and saves them stays in sight.
        <>
          {!provider && <Probe kind={kind} form={form} />}
          <Button type="submit" form={form} variant="primary" loading={busy}>
            {t("providers.save")}
          </Button>
        </>
      }
    >
      <form id={form} onSubmit={onSubmit} className="flex flex-col gap-4" autoComplete="off">
        <FormProblem problem={problem} />
        <Field label={t("providers.kind")}>
          {(control) => (
            <Select
              {...control}
              value={kind}
              onChange={setKind}
              disabled={provider !== null}
              options={KINDS.map((value) => ({ value, label: t(`providers.kinds.${value}`) }))}
            />
          )}
        </Field>
        <TextField
          name="name"
          label={t("providers.name")}
          problem={problem}
          defaultValue={provider?.name ?? ""}
        />
        <TextField
          name="base_url"
          label={t("providers.address")}
          hint={t(compatible ? "providers.addressHint" : "providers.addressDefault")}
          problem={problem}
          required={compatible}
          defaultValue={provider?.base_url ?? ""}
        />
        <KeyField kind={kind} provider={provider} problem={problem} />
        <Standing provider={provider} problem={problem} />
        {BATCHING.has(kind) && (
          <Ways
            title={t("providers.batches.title")}
            ways={BATCH_ROUTES}
            way={routes.batches}
            label={(way) => t(`providers.batches.ways.${way}`)}
            hint={t(`providers.batches.hints.${routes.batches}`)}
            onChange={(batches) => setRoutes({ ...routes, batches })}
          />
        )}
        {RESPONDING.has(kind) && (provider || compatible) && (
          <Ways
            title={t("providers.responses.title")}
            ways={RESPONSES_ROUTES}
            way={responses}
            label={(way) => t(`providers.responses.ways.${way}`)}
            hint={t(`providers.responses.hints.${responses}`)}
            onChange={(chosen) => setRoutes({ ...routes, responses: chosen })}
          />
        )}
      </form>
    </Dialog>
  );
}

interface KeyFieldProps {
  kind: Kind;
  provider: Provider | null;
  problem: ProblemError | null;
}

function KeyField({ kind, provider, problem }: KeyFieldProps) {
  const { t } = useTranslation("settings");
  const hint = provider?.has_key
    ? t("providers.keyKept", { hint: provider.key_hint })
    : t("providers.keyStored");
  return (
    <Field label={t("providers.key")} hint={hint} error={problem?.fieldError("key")}>
      {(control) => (
        <Input
          {...control}
          name="key"
          type="password"
          size="lg"
          required={!provider && !KEYLESS.has(kind)}
          maxLength={500}
          // Not the password of this site: browsers shall neither fill it in nor keep it.
          autoComplete="new-password"
          spellCheck={false}
        />
      )}
    </Field>
  );
}

interface StandingProps {
  provider: Provider | null;
  problem: ProblemError | null;
}

/** Who of several providers of one model is asked, and where this one is. */
function Standing({ provider, problem }: StandingProps) {
  const { t } = useTranslation("settings");
  return (
    <div className="grid gap-4 sm:grid-cols-3">
      <TextField
        name="region"
        label={t("providers.region")}
        hint={t("providers.regionHint")}
        problem={problem}
        required={false}
        defaultValue={provider?.region ?? ""}
      />
      {(["priority", "weight"] as const).map((name) => (
        <Field
          key={name}
          label={t(`providers.${name}`)}
          hint={t(`providers.${name}Hint`)}
          error={problem?.fieldError(name)}
        >
          {(control) => (
            <Input
              {...control}
              name={name}
              type="number"
              size="lg"
              min={name === "weight" ? 1 : 0}
              max={1000}
              step={1}
              inputMode="numeric"
              placeholder={String(USUAL)}
              defaultValue={provider?.[name] ?? USUAL}
            />
          )}
        </Field>
      ))}
    </div>
  );
}

interface WaysProps<Way extends string> {
  title: string;
  ways: readonly Way[];
  way: Way;
  label: (way: Way) => string;
  hint: string;
  onChange: (way: Way) => void;
}

/** By which way requests of a kind reach a vendor that has two. */
function Ways<Way extends string>({ title, ways, way, label, hint, onChange }: WaysProps<Way>) {
  return (
    <div>
      <p className="mb-2 font-medium text-sm">{title}</p>
      <SegmentedControl
        label={title}
        value={way}
        onChange={onChange}
        segments={ways.map((value) => ({ value, label: label(value) }))}
        className="max-sm:flex"
      />
      <p className="mt-1.5 text-pretty text-muted text-xs">{hint}</p>
    </div>
  );
}

/** Asks the provider before it is stored. */
function Probe({ kind, form: id }: { kind: Kind; form: string }) {
  const { t } = useTranslation("settings");
  const [busy, setBusy] = useState(false);
  const [result, setResult] = useState<TestResult | null>(null);
  async function probe(form: HTMLFormElement): Promise<void> {
    setBusy(true);
    try {
      const { data } = await client.POST("/api/v1/ai/providers/test", {
        body: { kind, ...entered(new FormData(form)) },
      });
      setResult(data ?? null);
    } catch (error) {
      setResult({ ok: false, latency_ms: 0, detail: toProblem(error).message, models: [] });
    } finally {
      setBusy(false);
    }
  }
  return (
    <div className="flex min-w-0 flex-1 items-start gap-3">
      <Button
        form={id}
        loading={busy}
        onClick={(event) => {
          const { form } = event.currentTarget;
          if (form) void probe(form);
        }}
      >
        {t("providers.test")}
      </Button>
      <div aria-live="polite" className="min-w-0 flex-1">
        {result && <TestVerdict result={result} />}
      </div>
    </div>
  );
}
