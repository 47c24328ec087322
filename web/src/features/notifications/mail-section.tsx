import { Choice } from "@/features/settings/choice";
import { LoadProblem, Section } from "@/features/settings/section";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Banner } from "@/ui/banner";
import { SkeletonRows } from "@/ui/skeleton";
import { type MailSettings, useMailSettings, useSaveWishes } from "./queries";

const KINDS = ["approval", "question", "review", "failed"] as const;

/** What of the notifications comes by mail, too. */
export function MailSection() {
  const { t } = useTranslation("notifications");
  const settings = useMailSettings();
  return (
    <Section title={t("title")} lead={t("settings.lead")}>
      {settings.isPending && <SkeletonRows rows={4} />}
      {settings.error && (
        <LoadProblem error={settings.error} onRetry={() => void settings.refetch()} />
      )}
      {settings.data && <Wishes settings={settings.data} />}
    </Section>
  );
}

function Wishes({ settings }: { settings: MailSettings }) {
  const { t } = useTranslation("notifications");
  const save = useSaveWishes(t("settings.saved"));
  const { mails, sender, dead } = settings;
  return (
    <div className="flex max-w-md flex-col gap-5">
      {!sender && (
        <Banner>
          {t("settings.off")} {t("settings.offHow")}
        </Banner>
      )}
      {dead > 0 && <Banner tone="danger">{t("settings.dead", { count: dead })}</Banner>}
      {KINDS.map((kind) => (
        <Choice
          key={kind}
          label={t(`settings.${kind}`)}
          hint={t(`settings.${kind}Hint`)}
          checked={mails[kind]}
          onChange={(on) => save.mutate({ ...mails, [kind]: on })}
        />
      ))}
      {sender && <p className="text-muted text-xs">{t("settings.sender", { sender })}</p>}
    </div>
  );
}
