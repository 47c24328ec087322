import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { calls } from "./calls";
import { type Draft, EMPTY, placeholdersOf, runOf } from "./draft";
import { type Chosen, PresetChips } from "./presets/chips";
import { keys } from "./queries";
import { RunFields } from "./run-fields";

interface About {
  taskId: string;
  goal: string;
}

export interface NewRunDialogProps {
  /** What it is about: a task that is handed over. */
  about?: About;
  /** A preset that it begins from. */
  from?: Chosen;
  onClose: () => void;
}

/** What a preset calls the task that is handed over. */
const TASK = "task";

/** A preset for a task: where its words have no place of their own, they follow it. */
function draftFor(preset: Draft | undefined, about: About | undefined): Draft {
  if (!preset) return { ...EMPTY, goal: about?.goal ?? "" };
  if (!about || placeholdersOf(preset).includes(TASK)) return preset;
  return { ...preset, goal: `${preset.goal}\n\n${about.goal}` };
}

/** Hands a piece of work to an agent: what, when it counts as done, and what it may cost. */
export function NewRunDialog({ about, from, onClose }: NewRunDialogProps) {
  const { t } = useTranslation("runs");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [preset, setPreset] = useState(from?.key ?? null);
  const [draft, setDraft] = useState<Draft>(draftFor(from?.draft, about));
  const [values, setValues] = useState<Record<string, string>>(about ? { [TASK]: about.goal } : {});
  const change = (fields: Partial<Draft>) => setDraft((now) => ({ ...now, ...fields }));
  const choose = (chosen: Chosen | null) => {
    setPreset(chosen?.key ?? null);
    setDraft(draftFor(chosen?.draft, about));
  };
  const start = useMutation({
    // Braces of a person's own are no placeholders.
    mutationFn: () =>
      calls.createRun(runOf(draft, preset ? values : {}, about?.taskId, Date.now())),
    onSuccess: (run) => {
      void queries.invalidateQueries({ queryKey: keys.lists });
      onClose();
      // A task shows what becomes of it: there is no need to leave it.
      if (!about) void navigate({ to: "/runs/$id", params: { id: run.id } });
    },
  });
  const problem = start.error ? toProblem(start.error) : null;
  const asked = preset ? placeholdersOf(draft).filter((name) => !about || name !== TASK) : [];
  const ready = draft.goal.trim() !== "" && asked.every((name) => values[name]?.trim());
  const submit = () => ready && !start.isPending && start.mutate();
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t("dialog.title")}
      footer={
        <Button variant="primary" loading={start.isPending} disabled={!ready} onClick={submit}>
          {t("dialog.start")}
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
        {problem && <Banner tone="danger">{problem.message}</Banner>}
        <PresetChips chosen={preset} onChoose={choose} />
        {asked.length > 0 && (
          <fieldset className="grid grid-cols-1 gap-3 rounded-sm bg-sunken px-3 pt-2 pb-3 sm:grid-cols-2">
            <legend className="sr-only">{t("dialog.fillIn")}</legend>
            {asked.map((name) => (
              <Field key={name} label={name}>
                {(control) => (
                  <Input
                    {...control}
                    value={values[name] ?? ""}
                    maxLength={2_000}
                    onChange={(event) =>
                      setValues((now) => ({ ...now, [name]: event.target.value }))
                    }
                  />
                )}
              </Field>
            ))}
          </fieldset>
        )}
        <RunFields
          draft={draft}
          onChange={change}
          problem={problem}
          goalHint={t(asked.length > 0 ? "dialog.fillInHint" : "dialog.goalHint")}
        />
        <button type="submit" hidden>
          {t("dialog.start")}
        </button>
      </form>
    </Dialog>
  );
}
