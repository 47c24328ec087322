import { useState } from "react";
import { Choice } from "@/features/settings/choice";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { useUser } from "@/lib/session/session";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { toast } from "@/ui/toast";
import { type Draft, draftOf, EMPTY, type Preset, placeholdersOf, presetOf } from "../draft";
import { ProjectField, RunFields } from "../run-fields";
import { useKeepPreset } from "./queries";

/** What the dialog begins with: one that is kept, one to keep, or nothing. */
export type Begin = { preset: Preset } | { name: string; icon: string; draft: Draft } | null;

interface PresetDialogProps {
  begin: Begin;
  onClose: () => void;
}

/** A preset to keep, or to change. */
export function PresetDialog({ begin, onClose }: PresetDialogProps) {
  const { t } = useTranslation("runs");
  const user = useUser();
  const known = begin && "preset" in begin ? begin.preset : null;
  const first = known ?? (begin && "draft" in begin ? begin : null);
  const [name, setName] = useState(first?.name ?? "");
  const [icon, setIcon] = useState(first?.icon ?? "");
  const [shared, setShared] = useState(known?.is_shared ?? false);
  const [draft, setDraft] = useState<Draft>(
    known ? draftOf(known) : begin && "draft" in begin ? begin.draft : EMPTY,
  );
  const change = (fields: Partial<Draft>) => setDraft((now) => ({ ...now, ...fields }));
  const keep = useKeepPreset(known);
  const problem = keep.error ? toProblem(keep.error) : null;
  const ready = name.trim() !== "" && draft.goal.trim() !== "";
  const submit = () => {
    if (!ready || keep.isPending) return;
    keep.mutate(presetOf(draft, { name, icon, shared }), {
      onSuccess: () => {
        toast.success(t("presets.saved"));
        onClose();
      },
    });
  };
  const asked = placeholdersOf(draft);
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t(known ? "presets.edit" : "presets.new")}
      footer={
        <Button variant="primary" loading={keep.isPending} disabled={!ready} onClick={submit}>
          {t("presets.save")}
        </Button>
      }
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        {problem && <Banner tone="danger">{problem.detail || problem.title}</Banner>}
        <div className="grid grid-cols-[minmax(0,1fr)_5rem] gap-3">
          <Field label={t("presets.name")} error={problem?.fieldError("name")}>
            {(control) => (
              <Input
                {...control}
                value={name}
                maxLength={80}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
          <Field label={t("presets.icon")} error={problem?.fieldError("icon")}>
            {(control) => (
              <Input
                {...control}
                value={icon}
                maxLength={16}
                placeholder="🧭"
                className="text-center"
                onChange={(event) => setIcon(event.target.value)}
              />
            )}
          </Field>
        </div>
        <RunFields
          draft={draft}
          onChange={change}
          problem={problem}
          goalHint={
            asked.length > 0
              ? t("presets.asks", { names: asked.join(", ") })
              : t("presets.goalHint", { example: "{city}" })
          }
        />
        <ProjectField value={draft.projectId} onChange={(projectId) => change({ projectId })} />
        {(known === null || known.owner_id === user.id) && (
          <Choice
            label={t("presets.share")}
            hint={t("presets.shareHint")}
            checked={shared}
            onChange={setShared}
          />
        )}
        <button type="submit" hidden>
          {t("presets.save")}
        </button>
      </form>
    </Dialog>
  );
}
