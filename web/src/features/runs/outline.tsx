import { clsx } from "clsx";
import { Circle, CircleCheck, CircleX } from "lucide-react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Markdown } from "@/markdown/markdown";
import type { Story } from "./journal";

/** The acceptance criteria, each with what the newest check said of it. */
export function Criteria({ story }: { story: Story }) {
  const { t } = useTranslation("runs");
  if (story.criteria.length === 0) return null;
  return (
    <section aria-label={t("criteria.title")}>
      <h2 className="mb-1.5 font-semibold text-sm">{t("criteria.title")}</h2>
      <ul className="flex flex-col gap-1.5">
        {story.criteria.map((criterion, place) => {
          const judged = story.verdicts[place];
          const word = judged === undefined ? "unchecked" : judged.met ? "met" : "unmet";
          const Icon = judged === undefined ? Circle : judged.met ? CircleCheck : CircleX;
          return (
            <li key={criterion} className="flex gap-2 text-sm">
              <Icon
                aria-hidden
                size={15}
                className={clsx(
                  "mt-0.5 shrink-0",
                  word === "met"
                    ? "text-ok-ink"
                    : word === "unmet"
                      ? "text-warn-ink"
                      : "text-faint",
                )}
              />
              <span className="min-w-0">
                <span className="text-pretty break-words">{criterion}</span>
                <span className="sr-only">: {t(`criteria.${word}`)}</span>
                {judged && !judged.met && (
                  <span className="block text-pretty text-muted text-xs">{judged.why}</span>
                )}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

/** What the agent means to do, and how far it is. */
export function Plan({ story }: { story: Story }) {
  const { t } = useTranslation("runs");
  if (story.plan.length === 0) return null;
  return (
    <section aria-label={t("plan.title")}>
      <h2 className="mb-1.5 font-semibold text-sm">{t("plan.title")}</h2>
      <ol className="flex flex-col gap-1.5">
        {story.plan.map(({ text, done }, place) => (
          // oxlint-disable-next-line react/no-array-index-key -- steps have no ids and may repeat
          <li key={place} className="flex gap-2 text-sm">
            {done ? (
              <CircleCheck aria-hidden size={15} className="mt-0.5 shrink-0 text-ok-ink" />
            ) : (
              <Circle aria-hidden size={15} className="mt-0.5 shrink-0 text-faint" />
            )}
            <span className={clsx("min-w-0 text-pretty break-words", done && "text-muted")}>
              {text}
              <span className="sr-only">: {t(done ? "plan.done" : "plan.open")}</span>
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** What the agent says it has done, and by what each criterion can be seen. */
export function Report({ story }: { story: Story }) {
  const { t } = useTranslation("runs");
  if (story.report === null) return null;
  return (
    <section
      aria-label={t("report.title")}
      className="rounded-md border bg-raised px-4 py-3 shadow-panel"
    >
      <h2 className="mb-2 font-semibold text-sm">{t("report.title")}</h2>
      <Markdown text={story.report} />
      {story.evidence.length > 0 && (
        <>
          <h3 className="mt-4 mb-1.5 font-semibold text-sm">{t("report.evidence")}</h3>
          <dl className="flex flex-col gap-2 text-sm">
            {story.evidence.map(({ criterion, evidence }) => (
              <div key={criterion}>
                <dt className="text-muted text-xs">{criterion}</dt>
                <dd className="text-pretty break-words">{evidence}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
    </section>
  );
}
