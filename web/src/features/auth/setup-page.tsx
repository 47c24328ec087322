import { useNavigate } from "@tanstack/react-router";
import { client } from "@/lib/api/client";
import { useTranslation } from "@/lib/i18n/use-translation";
import { signIn } from "@/lib/session/session";
import { Button } from "@/ui/button";
import { AuthLayout } from "./auth-layout";
import { FormProblem, PasswordField, TextField } from "./fields";
import { ownTimezone, text, useSubmit } from "./use-submit";

export function SetupPage() {
  const { t } = useTranslation("auth");
  const navigate = useNavigate();
  const { busy, problem, onSubmit } = useSubmit(async (values) => {
    const workspace = text(values, "workspace_name").trim();
    const { data } = await client.POST("/api/v1/setup", {
      body: {
        email: text(values, "email").trim(),
        password: text(values, "password"),
        display_name: text(values, "display_name").trim(),
        ...(workspace ? { workspace_name: workspace } : {}),
        timezone: ownTimezone(),
      },
    });
    if (!data) return;
    signIn(data);
    await navigate({ to: "/today", replace: true });
  });
  return (
    <AuthLayout title={t("setup.title")} lead={t("setup.lead")}>
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
        />
        <PasswordField
          name="password"
          label={t("password")}
          hint={t("passwordHint")}
          problem={problem}
          autoComplete="new-password"
        />
        <TextField
          name="workspace_name"
          label={t("setup.workspace")}
          hint={t("setup.workspaceHint")}
          problem={problem}
          required={false}
        />
        <Button type="submit" variant="primary" size="lg" loading={busy} className="mt-1 w-full">
          {t("setup.submit")}
        </Button>
      </form>
    </AuthLayout>
  );
}
