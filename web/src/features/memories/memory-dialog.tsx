import { useState } from "react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Textarea } from "@/ui/input";
import { type Memory, useKeepMemory } from "./queries";

const MOST = 1_000;
const NEAR = 200;

interface MemoryDialogProps {
  /** Null writes a new one down. */
  memory: Memory | null;
  onClose: () => void;
}

export function MemoryDialog({ memory, onClose }: MemoryDialogProps) {
  const { t } = useTranslation("memories");
  const [text, setText] = useState(memory?.text ?? "");
  const keep = useKeepMemory(memory);
  const problem = keep.error ? toProblem(keep.error) : null;
  const words = text.trim();
  const left = MOST - [...text].length;
  const save = () => words && !keep.isPending && keep.mutate(words, { onSuccess: onClose });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t(memory ? "dialog.edit" : "dialog.add")}
      footer={
        <Button variant="primary" loading={keep.isPending} disabled={!words} onClick={save}>
          {t(memory ? "dialog.change" : "dialog.save")}
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        {problem && !problem.fieldError("text") && <Banner tone="danger">{problem.message}</Banner>}
        <Field
          label={t("dialog.text")}
          hint={t("dialog.hint")}
          error={problem?.fieldError("text")}
          aside={left <= NEAR && t("dialog.left", { count: left })}
        >
          {(control) => (
            <Textarea
              {...control}
              rows={3}
              maxHeight={260}
              maxLength={MOST}
              value={text}
              onChange={(event) => setText(event.target.value)}
              onKeyDown={(event) => {
                if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) save();
              }}
            />
          )}
        </Field>
      </div>
    </Dialog>
  );
}
