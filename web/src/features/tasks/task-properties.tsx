import { useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { ColorDot } from "@/ui/badge";
import { Input } from "@/ui/input";
import { Select } from "@/ui/select";
import { dayOf, dueDay } from "./due";
import { STATUSES, type Task, type TaskFields } from "./model";
import { useLabels, useProjects } from "./queries";
import { PriorityFlag } from "./task-row";

interface TaskPropertiesProps {
  task: Task;
  onChange: (fields: TaskFields) => void;
}

const NONE = "none";
const EARLIEST = "1970-01-01";
const PRIORITIES = ["1", "2", "3", "4"] as const;

/** Status, priority, due, project and labels, each saved when chosen. */
export function TaskProperties({ task, onChange }: TaskPropertiesProps) {
  const { t } = useTranslation("tasks");
  const projects = useProjects().filter(
    (project) => !project.archived_at || project.id === task.project_id,
  );
  return (
    <dl className="grid items-center gap-x-4 gap-y-2 [grid-template-columns:max-content_minmax(0,1fr)] [&_dt]:text-muted [&_dt]:text-sm">
      <dt>{t("field.status")}</dt>
      <dd>
        <Select
          aria-label={t("field.status")}
          value={task.status}
          onChange={(status) => onChange({ status })}
          options={STATUSES.map((status) => ({ value: status, label: t(`status.${status}`) }))}
          className="max-w-72"
        />
      </dd>
      <dt>{t("field.priority")}</dt>
      <dd>
        <Select
          aria-label={t("field.priority")}
          value={String(task.priority) as (typeof PRIORITIES)[number]}
          onChange={(priority) => onChange({ priority: Number(priority) })}
          options={PRIORITIES.map((priority) => ({
            value: priority,
            label: t(`priority.p${priority}`),
            lead: <PriorityFlag priority={Number(priority)} />,
          }))}
          className="max-w-72"
        />
      </dd>
      <dt>{t("field.due_on")}</dt>
      <dd>
        <DueInputs task={task} onChange={onChange} />
      </dd>
      <dt>{t("field.project_id")}</dt>
      <dd>
        <Select
          aria-label={t("field.project_id")}
          value={task.project_id ?? NONE}
          onChange={(id) => onChange({ project_id: id === NONE ? null : id })}
          options={[
            { value: NONE, label: t("project.none") },
            ...projects.map((project) => ({
              value: project.id,
              label: project.name,
              lead: <ColorDot color={project.color} />,
            })),
          ]}
          className="max-w-72"
        />
      </dd>
      <dt>{t("field.labels")}</dt>
      <dd>
        <LabelInput
          key={task.labels.map((label) => label.name).join(",")}
          task={task}
          onChange={onChange}
        />
      </dd>
    </dl>
  );
}

function timeOf(task: Task): string {
  if (!task.due_at) return "";
  const at = new Date(task.due_at);
  return `${String(at.getHours()).padStart(2, "0")}:${String(at.getMinutes()).padStart(2, "0")}`;
}

function DueInputs({ task, onChange }: TaskPropertiesProps) {
  const { t } = useTranslation("tasks");
  const day = dueDay(task) ?? "";
  const time = timeOf(task);
  // A year is typed digit by digit, and each digit is a date of its own: only real ones are saved.
  const [typed, setTyped] = useState({ from: day, day });
  if (typed.from !== day) setTyped({ from: day, day });
  function set(nextDay: string, nextTime: string): void {
    if (!nextDay) onChange(task.due_at ? { due_at: null } : { due_on: null });
    else if (!nextTime) onChange({ due_on: nextDay });
    else onChange({ due_at: new Date(`${nextDay}T${nextTime}`).toISOString() });
  }
  return (
    <span className="flex max-w-72 gap-2">
      <Input
        type="date"
        className="min-w-0 flex-1"
        aria-label={t("detail.day")}
        value={typed.day}
        onChange={(event) => {
          const next = event.target.value;
          setTyped({ from: day, day: next });
          if (!next || next >= EARLIEST) set(next, time);
        }}
      />
      <Input
        type="time"
        aria-label={t("detail.time")}
        value={time}
        className="max-w-28 shrink-0"
        onChange={(event) => set(day || dayOf(new Date()), event.target.value)}
      />
    </span>
  );
}

function LabelInput({ task, onChange }: TaskPropertiesProps) {
  const { t } = useTranslation("tasks");
  const known = useLabels();
  const own = task.labels.map((label) => label.name);
  const [text, setText] = useState(own.join(", "));
  function save(): void {
    const labels = [
      ...new Set(
        text
          .split(",")
          .map((name) => name.trim().replace(/^#/, ""))
          .filter(Boolean),
      ),
    ];
    if (labels.join() !== own.join()) onChange({ labels });
  }
  return (
    <>
      <Input
        list="known-labels"
        aria-label={t("field.labels")}
        placeholder={t("detail.labelsHint")}
        value={text}
        className="max-w-72"
        onChange={(event) => setText(event.target.value)}
        onBlur={save}
        onKeyDown={(event) => {
          if (event.key === "Enter") save();
        }}
      />
      <datalist id="known-labels">
        {known.map((label) => (
          <option key={label.id} value={label.name}>
            {label.name}
          </option>
        ))}
      </datalist>
    </>
  );
}
