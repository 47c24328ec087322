import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { client } from "@/lib/api/client";
import { type ProblemError, toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { signIn } from "@/lib/session/session";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { Spinner } from "@/ui/spinner";
import { AuthLayout } from "./auth-layout";
import { FormProblem, PasswordField, TextField } from "./fields";
import { ownTimezone, text, useSubmit } from "./use-submit";

const route = getRouteApi("/signup");

interface Invited {
  email: string;
  workspace: string;
}

type Lookup = { state: "loading" } | { state: "ready"; invited: Invited | null } | Failed;
interface Failed {
  state: "failed";
  problem: ProblemError;
}

async function lookUp(token: string | undefined): Promise<Lookup> {
  if (!token) return { state: "ready", invited: null };
  try {
    const { data } = await client.GET("/api/v1/invitations/{token}", {
      params: { path: { token } },
    });
    const invited = data ? { email: data.email, workspace: data.workspace_name } : null;
    return { state: "ready", invited };
  } catch (error) {
    return { state: "failed", problem: toProblem(error) };
  }
}

/** Sign-up, by the link of an invitation (`?invitation=`) or, where the installation allows it, open. */
export function SignupPage() {
  const { t } = useTranslation("auth");
  const { invitation: token } = route.useSearch();
  const [lookup, setLookup] = useState<Lookup>({ state: "loading" });
  useEffect(() => {
    let current = true;
    void lookUp(token).then((found) => {
      if (current) setLookup(found);
    });
    return () => {
      current = false;
    };
  }, [token]);

  const invited = lookup.state === "ready" ? lookup.invited : null;
  return (
    <AuthLayout
      title={t("signup.title")}
      lead={invited && t("signup.invited", { workspace: invited.workspace })}
      footer={
        <Link to="/login" className="text-accent-ink hover:underline">
          {t("signup.toLogin")}
        </Link>
      }
    >
      {lookup.state === "loading" && (
        <div className="grid place-items-center py-10">
          <Spinner />
        </div>
      )}
      {lookup.state === "failed" && (
        <Banner tone="danger">{lookup.problem.detail || lookup.problem.title}</Banner>
      )}
      {lookup.state === "ready" && <SignupForm token={token} invited={lookup.invited} />}
    </AuthLayout>
  );
}

function SignupForm({ token, invited }: { token: string | undefined; invited: Invited | null }) {
  const { t } = useTranslation("auth");
  const navigate = useNavigate();
  const { busy, problem, onSubmit } = useSubmit(async (values) => {
    const { data } = await client.POST("/api/v1/auth/signup", {
      body: {
        email: text(values, "email").trim(),
        password: text(values, "password"),
        display_name: text(values, "display_name").trim(),
        timezone: ownTimezone(),
        ...(token ? { invitation_token: token } : {}),
      },
    });
    if (!data) return;
    signIn(data);
    await navigate({ to: "/today", replace: true });
  });
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      <FormProblem problem={problem} />
      <TextField
        name="display_name"
        label={t("displayName")}
        problem={problem}
        autoComplete="name"
        autoFocus
      />
      <TextField
        name="email"
        type="email"
        label={t("email")}
        problem={problem}
        autoComplete="username"
        {...(invited ? { defaultValue: invited.email, readOnly: true } : {})}
      />
      <PasswordField
        name="password"
        label={t("password")}
        hint={t("passwordHint")}
        problem={problem}
        autoComplete="new-password"
      />
      <Button type="submit" variant="primary" size="lg" loading={busy} className="mt-1 w-full">
        {t("signup.submit")}
      </Button>
    </form>
  );
}
