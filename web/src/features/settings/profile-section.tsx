import { useState } from "react";
import { PasswordField } from "@/features/auth/fields";
import { text, useSubmit } from "@/features/auth/use-submit";
import { client } from "@/lib/api/client";
import { useTranslation } from "@/lib/i18n/use-translation";
import { updateSessionUser, useUser } from "@/lib/session/session";
import { Button } from "@/ui/button";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { toast } from "@/ui/toast";
import { FormProblem, TextField } from "../auth/fields";
import { Section } from "./section";

function timezones(current: string): string[] {
  const all = Intl.supportedValuesOf("timeZone");
  return all.includes(current) ? all : [current, ...all];
}

export function ProfileSection() {
  return (
    <>
      <Person />
      <Password />
    </>
  );
}

function Person() {
  const { t } = useTranslation("settings");
  const user = useUser();
  const { busy, problem, onSubmit } = useSubmit(async (values) => {
    const { data } = await client.PATCH("/api/v1/me", {
      body: {
        display_name: text(values, "display_name").trim(),
        timezone: text(values, "timezone"),
      },
    });
    if (!data) return;
    updateSessionUser(data);
    toast.success(t("saved"));
  });
  return (
    <Section title={t("profile.title")} lead={t("profile.lead")}>
      <form onSubmit={onSubmit} className="flex max-w-md flex-col gap-4">
        <FormProblem problem={problem} />
        <TextField
          name="display_name"
          label={t("profile.name")}
          problem={problem}
          autoComplete="name"
          defaultValue={user.display_name}
        />
        <Field label={t("profile.email")} hint={t("profile.emailHint")}>
          {(control) => <Input {...control} value={user.email} readOnly size="lg" />}
        </Field>
        <Field
          label={t("profile.timezone")}
          hint={t("profile.timezoneHint")}
          error={problem?.fieldError("timezone")}
        >
          {(control) => (
            <>
              <Input
                {...control}
                name="timezone"
                list="timezones"
                defaultValue={user.timezone}
                required
                size="lg"
              />
              <datalist id="timezones">
                {timezones(user.timezone).map((zone) => (
                  <option key={zone} value={zone}>
                    {zone}
                  </option>
                ))}
              </datalist>
            </>
          )}
        </Field>
        <div>
          <Button type="submit" variant="primary" loading={busy}>
            {t("save")}
          </Button>
        </div>
      </form>
    </Section>
  );
}

function Password() {
  const { t } = useTranslation("settings");
  // A new key empties the form after a change.
  const [round, setRound] = useState(0);
  const { busy, problem, onSubmit } = useSubmit(async (values) => {
    await client.POST("/api/v1/auth/password", {
      body: {
        current_password: text(values, "current_password"),
        new_password: text(values, "new_password"),
      },
    });
    setRound((before) => before + 1);
    toast.success(t("profile.passwordChanged"));
  });
  return (
    <Section title={t("profile.passwordTitle")} lead={t("profile.passwordLead")}>
      <form key={round} onSubmit={onSubmit} className="flex max-w-md flex-col gap-4">
        <FormProblem problem={problem} />
        <PasswordField
          name="current_password"
          label={t("profile.currentPassword")}
          problem={problem}
          autoComplete="current-password"
        />
        <PasswordField
          name="new_password"
          label={t("profile.newPassword")}
          problem={problem}
          autoComplete="new-password"
        />
        <div>
          <Button type="submit" loading={busy}>
            {t("profile.changePassword")}
          </Button>
        </div>
      </form>
    </Section>
  );
}
