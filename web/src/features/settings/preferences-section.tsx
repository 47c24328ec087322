import { ThemeSwitch } from "@/app/shell/theme-switch";
import { useTranslation } from "@/lib/i18n/use-translation";
import { setPreference, usePreferences } from "@/lib/preferences";
import { Choice } from "./choice";
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
