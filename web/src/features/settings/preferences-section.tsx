import { useTranslation } from "react-i18next";
import { ThemeSwitch } from "@/app/shell/theme-switch";
import { setPreference, usePreferences } from "@/lib/preferences";
import { Switch } from "@/ui/switch";
import { Section } from "./section";

export function PreferencesSection() {
  const { t } = useTranslation("settings");
  const { letterShortcuts, chatPane } = usePreferences();
  return (
    <Section title={t("preferences.title")} lead={t("preferences.lead")}>
      <div className="flex max-w-md flex-col gap-5">
        <div>
          <p className="mb-2 font-medium text-sm">{t("preferences.theme")}</p>
          <ThemeSwitch />
        </div>
        <Choice
          label={t("preferences.letters")}
          hint={t("preferences.lettersHint")}
          checked={letterShortcuts}
          onChange={(on) => setPreference("letterShortcuts", on)}
        />
        <Choice
          label={t("preferences.pane")}
          hint={t("preferences.paneHint")}
          checked={chatPane}
          onChange={(on) => setPreference("chatPane", on)}
        />
      </div>
    </Section>
  );
}

interface ChoiceProps {
  label: string;
  hint: string;
  checked: boolean;
  onChange: (on: boolean) => void;
}

function Choice({ label, hint, checked, onChange }: ChoiceProps) {
  return (
    <div className="flex items-start justify-between gap-4">
      <div>
        <p className="font-medium text-sm">{label}</p>
        <p className="text-muted text-xs">{hint}</p>
      </div>
      <Switch aria-label={label} checked={checked} onCheckedChange={onChange} />
    </div>
  );
}
