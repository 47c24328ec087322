import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { fetchSetup, login } from "@/lib/session/entry";
import { signIn } from "@/lib/session/session";
import { Button } from "@/ui/button";
import { AuthLayout } from "./auth-layout";
import { FormProblem, PasswordField, TextField } from "./fields";
import { text, useSubmit } from "./use-submit";

const route = getRouteApi("/login");

function useSignupOpen(): boolean {
  const [open, setOpen] = useState(false);
  useEffect(() => {
    // Without an answer the page still signs people in; only the way to sign-up stays hidden.
    fetchSetup().then(
      ({ signup }) => setOpen(signup === "open"),
      () => setOpen(false),
    );
  }, []);
  return open;
}

export function LoginPage() {
  const { t } = useTranslation("auth");
  const { next } = route.useSearch();
  const navigate = useNavigate();
  const signupOpen = useSignupOpen();
  const { busy, problem, onSubmit } = useSubmit(async (values) => {
    signIn(await login(text(values, "email").trim(), text(values, "password")));
    await navigate({ href: next ?? "/today", replace: true });
  });
  return (
    <AuthLayout
      title={t("login.title")}
      footer={
        signupOpen && (
          <Link to="/signup" className="text-accent-ink hover:underline">
            {t("login.toSignup")}
          </Link>
        )
      }
    >
      <form onSubmit={onSubmit} className="flex flex-col gap-4">
        <FormProblem problem={problem} />
        <TextField
          name="email"
          type="email"
          label={t("email")}
          problem={problem}
          autoComplete="username"
          autoFocus
        />
        <PasswordField
          name="password"
          label={t("password")}
          problem={problem}
          autoComplete="current-password"
        />
        <Button type="submit" variant="primary" size="lg" loading={busy} className="mt-1 w-full">
          {t("login.submit")}
        </Button>
      </form>
    </AuthLayout>
  );
}
