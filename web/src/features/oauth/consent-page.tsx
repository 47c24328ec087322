import { QueryClientProvider } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { queryClient } from "@/app/query";
import { AuthLayout } from "@/features/auth/auth-layout";
import { bodyOf } from "@/lib/api/answer";
import { client } from "@/lib/api/client";
import { api } from "@/lib/api/hooks";
import { toProblem } from "@/lib/api/problem";
import type { components } from "@/lib/api/schema";
import { useTranslation } from "@/lib/i18n/use-translation";
import type strings from "@/locales/en/oauth.json";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { SkeletonRows } from "@/ui/skeleton";
import { placeOf, readAsked, type Scope } from "./asked";

type ScopeWords = `scope.${keyof (typeof strings)["scope"]}`;
type Consent = components["schemas"]["OAuthConsent"];

/** Nothing works without it, so it can't be taken out. */
const NEEDED: Scope = "ai:use";

const WORDS: Partial<Record<Scope, ScopeWords>> = {
  "ai:use": "scope.ai_use",
  "tasks:read": "scope.tasks_read",
  "tasks:write": "scope.tasks_write",
  "calendar:read": "scope.calendar_read",
  "calendar:write": "scope.calendar_write",
  "files:read": "scope.files_read",
  "files:write": "scope.files_write",
  "agents:read": "scope.agents_read",
  "agents:write": "scope.agents_write",
  "chat:read": "scope.chat_read",
  "workspace:read": "scope.workspace_read",
};

const route = getRouteApi("/oauth/consent");

/** A program wants to use the person's tools; it stands outside of the app's frame. */
export function ConsentPage() {
  return (
    <QueryClientProvider client={queryClient}>
      <Consenting />
    </QueryClientProvider>
  );
}

/** She says what it may do, or no. */
function Consenting() {
  const { t } = useTranslation("oauth");
  const { request } = route.useSearch();
  const asked = readAsked(request);
  const consent = api.useQuery(
    "get",
    "/api/v1/oauth/consent",
    { params: { query: asked } },
    { retry: false },
  );
  if (consent.error) {
    return (
      <AuthLayout title={t("refusedTitle")} footer={<Link to="/today">{t("home")}</Link>}>
        <Banner tone="danger">{toProblem(consent.error).message}</Banner>
      </AuthLayout>
    );
  }
  return (
    <AuthLayout
      title={consent.data ? t("title", { name: consent.data.client_name }) : t("loading")}
      lead={consent.data && t("lead")}
    >
      {consent.data ? <Decision consent={consent.data} asked={asked} /> : <SkeletonRows rows={4} />}
    </AuthLayout>
  );
}

interface DecisionProps {
  consent: Consent;
  asked: ReturnType<typeof readAsked>;
}

function Decision({ consent, asked }: DecisionProps) {
  const { t } = useTranslation("oauth");
  const [given, setGiven] = useState<readonly Scope[]>(consent.scopes);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const place = placeOf(consent.redirect_uri);
  const decide = async (allow: boolean) => {
    setBusy(true);
    setProblem(null);
    try {
      const body = { ...asked, allow, scopes: allow ? [...given] : [] };
      const decided = await bodyOf(client.POST("/api/v1/oauth/consent", { body }));
      window.location.assign(decided.redirect_to);
    } catch (error) {
      setProblem(toProblem(error).message);
      setBusy(false);
    }
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    void decide(true);
  };
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      {problem && <Banner tone="danger">{problem}</Banner>}
      <Banner>{t(place.local ? "goesLocal" : "goesTo", { host: place.host })}</Banner>
      <fieldset>
        <legend className="mb-2 font-medium text-sm">{t("may")}</legend>
        <ul className="flex flex-col gap-2">
          {consent.scopes.map((scope) => (
            <li key={scope}>
              <label className="flex items-start gap-2 text-sm">
                <input
                  type="checkbox"
                  className="mt-0.5"
                  checked={given.includes(scope)}
                  disabled={scope === NEEDED}
                  onChange={({ target }) =>
                    setGiven(
                      target.checked ? [...given, scope] : given.filter((each) => each !== scope),
                    )
                  }
                />
                <span>{t(WORDS[scope] ?? "scope.other", { scope })}</span>
              </label>
            </li>
          ))}
        </ul>
      </fieldset>
      <p className="text-pretty text-muted text-xs">{t("never")}</p>
      <div className="flex justify-end gap-2">
        <Button disabled={busy} onClick={() => void decide(false)}>
          {t("deny")}
        </Button>
        <Button type="submit" variant="primary" loading={busy} disabled={!given.includes(NEEDED)}>
          {t("allow")}
        </Button>
      </div>
    </form>
  );
}
