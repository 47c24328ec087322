import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { clsx } from "clsx";
import { useState } from "react";
import { toProblem } from "@/lib/api/problem";
import { useTranslation } from "@/lib/i18n/use-translation";
import { ColorDot, LABEL_COLORS } from "@/ui/badge";
import { Banner } from "@/ui/banner";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Field } from "@/ui/field";
import { Input } from "@/ui/input";
import { keys } from "./cache";
import { calls } from "./calls";
import type { Project } from "./model";

interface ProjectDialogProps {
  /** Null makes a new one. */
  project: Project | null;
  onClose: () => void;
}

export function ProjectDialog({ project, onClose }: ProjectDialogProps) {
  const { t } = useTranslation("tasks");
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState(project?.name ?? "");
  const [color, setColor] = useState(project?.color ?? "blue");
  const save = useMutation({
    mutationFn: () =>
      project
        ? calls.changeProject(project.id, project.version, { name: name.trim(), color })
        : calls.createProject({ name: name.trim(), color }),
    onSuccess: (saved) => {
      void queries.invalidateQueries({ queryKey: keys.projects });
      onClose();
      if (!project) void navigate({ to: "/p/$project", params: { project: saved.id } });
    },
  });
  const problem = save.error ? toProblem(save.error) : null;
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={t(project ? "project.edit" : "project.add")}
      size="sm"
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim()) save.mutate();
        }}
      >
        {problem && !problem.fieldError("name") && <Banner tone="danger">{problem.message}</Banner>}
        <Field label={t("project.name")} error={problem?.fieldError("name")}>
          {(control) => (
            <Input
              {...control}
              value={name}
              required
              maxLength={100}
              onChange={(event) => setName(event.target.value)}
            />
          )}
        </Field>
        <fieldset>
          <legend className="mb-1.5 font-medium text-sm">{t("project.color")}</legend>
          <div className="flex flex-wrap gap-1.5">
            {LABEL_COLORS.map((each) => (
              <label
                key={each}
                className={clsx(
                  "grid size-8 cursor-pointer place-items-center rounded-sm border has-focus-visible:ring-3 has-focus-visible:ring-accent/30 touch:size-11",
                  each === color ? "border-accent bg-accent-soft" : "border-transparent",
                )}
              >
                <input
                  type="radio"
                  name="color"
                  value={each}
                  checked={each === color}
                  onChange={() => setColor(each)}
                  className="sr-only"
                  aria-label={t(`color.${each}`)}
                />
                <ColorDot color={each} size={14} />
              </label>
            ))}
          </div>
        </fieldset>
        <div className="flex justify-end">
          <Button type="submit" variant="primary" loading={save.isPending}>
            {t(project ? "project.save" : "project.create")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
