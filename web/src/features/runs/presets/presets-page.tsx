import { Link } from "@tanstack/react-router";
import { ArrowLeft, Plus, Users } from "lucide-react";
import { useState } from "react";
import { Page } from "@/app/shell/page";
import { useModels } from "@/features/chat/models";
import { dollars } from "@/features/chat/numbers";
import { Confirm } from "@/features/settings/confirm";
import { LoadProblem } from "@/features/settings/section";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useManages, useRole } from "@/lib/session/role";
import { useUser } from "@/lib/session/session";
import { useShortcut } from "@/lib/shortcuts";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { SkeletonRows } from "@/ui/skeleton";
import { toast } from "@/ui/toast";
import { draftOf, type Preset } from "../draft";
import { NewRunDialog } from "../new-run-dialog";
import { type Chosen, PresetIcon } from "./chips";
import { type Begin, PresetDialog } from "./preset-dialog";
import { useDeletePreset, usePresets } from "./queries";
import { type Starter, startersOf } from "./starters";

/** Pieces of work that are begun again and again, one's own and those of the workspace. */
export function PresetsPage() {
  const { t } = useTranslation("runs");
  const presets = usePresets();
  const mayWrite = useRole() !== "viewer";
  const [editing, setEditing] = useState<{ begin: Begin } | null>(null);
  const [using, setUsing] = useState<Chosen | null>(null);
  const begin = () => mayWrite && setEditing({ begin: null });
  useShortcut({ keys: "n", label: t("presets.new"), section: t("section"), run: begin });
  const none = presets.data?.length === 0;
  return (
    <Page
      title={t("presets.title")}
      heading={
        <div className="flex min-w-0 items-center gap-2">
          <Link
            to="/runs"
            aria-label={t("title")}
            className="-ml-1.5 grid size-7 shrink-0 place-items-center rounded-sm text-muted hover:bg-hover hover:text-ink touch:size-11"
          >
            <ArrowLeft aria-hidden size={16} />
          </Link>
          <h1 className="truncate font-semibold text-lg tracking-[-0.012em]">
            {t("presets.title")}
          </h1>
        </div>
      }
      actions={
        mayWrite && (
          <Button variant="primary" icon={Plus} onClick={begin}>
            {t("presets.new")}
          </Button>
        )
      }
    >
      <p className="mb-4 text-pretty text-muted text-sm">{t("presets.lead")}</p>
      {presets.isPending && <SkeletonRows rows={4} />}
      {presets.error && (
        <LoadProblem error={presets.error} onRetry={() => void presets.refetch()} />
      )}
      {none && (
        <Starters
          onUse={mayWrite ? setUsing : undefined}
          onKeep={(starter) => setEditing({ begin: starter })}
        />
      )}
      {presets.data && !none && (
        <ul aria-label={t("presets.title")}>
          {presets.data.map((preset) => (
            <PresetRow
              key={preset.id}
              preset={preset}
              onUse={
                mayWrite ? () => setUsing({ key: preset.id, draft: draftOf(preset) }) : undefined
              }
              onEdit={() => setEditing({ begin: { preset } })}
            />
          ))}
        </ul>
      )}
      {editing && <PresetDialog begin={editing.begin} onClose={() => setEditing(null)} />}
      {using && <NewRunDialog from={using} onClose={() => setUsing(null)} />}
    </Page>
  );
}

interface PresetRowProps {
  preset: Preset;
  onUse?: (() => void) | undefined;
  onEdit: () => void;
}

function PresetRow({ preset, onUse, onEdit }: PresetRowProps) {
  const { t } = useTranslation("runs");
  const user = useUser();
  const manages = useManages();
  const remove = useDeletePreset();
  const models = useModels().data;
  const { name, icon, goal, is_shared: shared, budget, tools, choice } = preset;
  const mayEdit = onUse !== undefined && (preset.owner_id === user.id || manages);
  const facts = [
    t("presets.upTo", { amount: dollars(Number(budget.cost_usd)) }),
    tools === null ? t("tools.all") : t("tools.count", { count: tools.length }),
    ...(choice.model ? [choice.model] : []),
    ...(choice.slot
      ? [models?.slots.find(({ slot }) => slot === choice.slot)?.label ?? choice.slot]
      : []),
    ...(preset.placeholders.length > 0
      ? [t("presets.asks", { names: preset.placeholders.join(", ") })]
      : []),
  ];
  return (
    <li className="flex flex-col gap-2 border-t py-2.5 first:border-t-0 first:pt-0 sm:flex-row sm:items-center sm:gap-3">
      <div className="flex min-w-0 flex-1 items-start gap-3">
        <span className="mt-0.5 grid size-6 shrink-0 place-items-center">
          <PresetIcon icon={icon} size={18} />
        </span>
        <div className="min-w-0">
          <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-sm">
            <span className="min-w-0 break-words font-medium">{name}</span>
            {shared && <Badge icon={Users}>{t("presets.shared")}</Badge>}
          </p>
          <p className="line-clamp-2 text-pretty break-words text-muted text-sm">{goal}</p>
          <p className="mt-0.5 text-pretty break-words text-muted text-xs">{facts.join(" · ")}</p>
        </div>
      </div>
      <div className="flex shrink-0 items-center justify-end gap-1.5">
        {onUse && (
          <Button size="sm" aria-label={t("presets.useOf", { name })} onClick={onUse}>
            {t("presets.use")}
          </Button>
        )}
        {mayEdit && (
          <>
            <Button
              size="sm"
              variant="ghost"
              aria-label={t("presets.changeOf", { name })}
              onClick={onEdit}
            >
              {t("presets.change")}
            </Button>
            <Confirm
              label={t("presets.delete")}
              name={t("presets.deleteOf", { name })}
              title={t("presets.deleteTitle", { name })}
              body={t(shared ? "presets.deleteShared" : "presets.deleteBody")}
              busy={remove.isPending}
              onConfirm={() =>
                remove.mutate(preset, {
                  onSuccess: () => toast.success(t("presets.deleted")),
                  onError: (error) => toast.error(toProblem(error).message),
                })
              }
            />
          </>
        )}
      </div>
    </li>
  );
}

interface StartersProps {
  onUse?: ((chosen: Chosen) => void) | undefined;
  onKeep: (starter: Starter) => void;
}

/** Four to begin with; nothing of them is stored before somebody keeps one. */
function Starters({ onUse, onKeep }: StartersProps) {
  const { t } = useTranslation("runs");
  return (
    <section aria-label={t("starters.title")}>
      <h2 className="mb-2 font-semibold text-base">{t("starters.title")}</h2>
      <ul className="grid grid-cols-1 gap-3 @2xl:grid-cols-2">
        {startersOf(t).map((starter) => {
          const { key, icon, name, draft } = starter;
          return (
            <li
              key={key}
              className="flex flex-col rounded-md border bg-raised px-4 py-3 shadow-panel"
            >
              <p className="flex items-center gap-2 font-medium text-sm">
                <PresetIcon icon={icon} size={18} />
                {name}
              </p>
              <p className="mt-1 line-clamp-3 flex-1 text-pretty text-muted text-sm">
                {draft.goal}
              </p>
              {onUse && (
                <div className="mt-3 flex gap-2">
                  <Button
                    size="sm"
                    aria-label={t("presets.useOf", { name })}
                    onClick={() => onUse({ key, draft })}
                  >
                    {t("presets.use")}
                  </Button>
                  <Button
                    size="sm"
                    variant="ghost"
                    aria-label={t("presets.keepOf", { name })}
                    onClick={() => onKeep(starter)}
                  >
                    {t("presets.keep")}
                  </Button>
                </div>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
