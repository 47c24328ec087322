import { useNavigate } from "@tanstack/react-router";
import { ChevronDown, Settings2, Sparkles } from "lucide-react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { Badge } from "@/ui/badge";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuLabel,
  DropdownMenuRadioGroup,
  DropdownMenuRadioItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from "@/ui/dropdown-menu";
import { AUTO, type Choice, choiceKey } from "./model";
import { type ModelOption, type Models, type Price, type SlotOption, useModels } from "./models";
import { compact } from "./numbers";

export interface ModelPickerProps {
  choice: Choice;
  onChoice: (choice: Choice) => void;
}

/** What the button says: the role or the model, in the words of the list. */
function labelOf(choice: Choice, models: Models | undefined, auto: string): string {
  if ("slot" in choice) {
    return models?.slots.find((one) => one.slot === choice.slot)?.label ?? choice.slot;
  }
  if ("model" in choice) {
    return models?.models.find((one) => one.name === choice.model)?.label ?? choice.model;
  }
  return auto;
}

function choiceOf(key: string): Choice {
  const name = key.slice(key.indexOf(":") + 1);
  if (key.startsWith("slot:")) return { slot: name } as Choice;
  return key.startsWith("model:") ? { model: name } : AUTO;
}

/** Who answers, by which model, how much it can read and what it costs. */
export function ModelPicker({ choice, onChoice }: ModelPickerProps) {
  const { t } = useTranslation("chat");
  const models = useModels();
  const navigate = useNavigate();
  const label = labelOf(choice, models.data, t("models.auto"));
  const reachable = models.data?.models.filter((model) => model.available) ?? [];
  return (
    <DropdownMenu>
      <DropdownMenuTrigger className="inline-flex h-7 min-w-0 items-center gap-1.5 rounded-sm px-2 text-muted text-xs hover:bg-hover hover:text-ink data-[state=open]:bg-active touch:h-11">
        <Sparkles aria-hidden size={13} className="shrink-0" />
        <span className="sr-only">{t("models.label")}: </span>
        <span className="truncate font-medium">{label}</span>
        <ChevronDown aria-hidden size={13} className="shrink-0 text-faint" />
      </DropdownMenuTrigger>
      <DropdownMenuContent side="top" className="w-84 max-w-[calc(100vw-16px)]">
        <DropdownMenuRadioGroup
          value={choiceKey(choice)}
          onValueChange={(key) => onChoice(choiceOf(key))}
        >
          <DropdownMenuRadioItem value="auto">
            <Option title={t("models.auto")} note={t("models.autoHint")} />
          </DropdownMenuRadioItem>
          {models.error && (
            <p className="px-2 py-2 text-danger-ink text-sm">{t("models.failed")}</p>
          )}
          {models.data && <DropdownMenuLabel>{t("models.slots")}</DropdownMenuLabel>}
          {models.data?.slots.map((slot) => (
            <SlotItem key={slot.slot} slot={slot} />
          ))}
          {reachable.length > 0 && <DropdownMenuLabel>{t("models.models")}</DropdownMenuLabel>}
          {reachable.map((model) => (
            <ModelItem key={`${model.provider}.${model.name}`} model={model} />
          ))}
        </DropdownMenuRadioGroup>
        <DropdownMenuSeparator />
        <DropdownMenuItem
          icon={Settings2}
          onSelect={() => void navigate({ to: "/settings/providers" })}
        >
          {t("models.settings")}
        </DropdownMenuItem>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}

interface OptionProps {
  title: string;
  note: string;
  simulated?: boolean;
}

function Option({ title, note, simulated = false }: OptionProps) {
  const { t } = useTranslation("chat");
  return (
    <span className="block whitespace-normal py-0.5">
      <span className="flex items-center gap-2">
        <span className="truncate font-medium">{title}</span>
        {simulated && <Badge tone="warn">{t("simulator")}</Badge>}
      </span>
      <span className="block text-pretty text-faint text-xs">{note}</span>
    </span>
  );
}

function useFacts() {
  const { t } = useTranslation("chat");
  return (context: number | null, price: Price | null): string[] => {
    const facts: string[] = [];
    if (context) facts.push(t("models.window", { tokens: compact(context) }));
    if (price) {
      const free = price.input === 0 && price.output === 0;
      facts.push(free ? t("models.free") : t("models.price", { ...price }));
    }
    return facts;
  };
}

function SlotItem({ slot }: { slot: SlotOption }) {
  const facts = useFacts();
  const model = slot.model_label ?? slot.model ?? "";
  const behind = [model];
  if (slot.provider && !model.startsWith(slot.provider)) behind.push(slot.provider);
  const note = slot.available
    ? [...behind, ...facts(slot.context_tokens, slot.price)].join(" · ")
    : slot.reason.sentence;
  return (
    <DropdownMenuRadioItem value={`slot:${slot.slot}`} disabled={!slot.available}>
      <Option title={slot.label} note={note} simulated={slot.simulated} />
    </DropdownMenuRadioItem>
  );
}

function ModelItem({ model }: { model: ModelOption }) {
  const { t } = useTranslation("chat");
  const facts = useFacts();
  const note = facts(model.context_tokens, model.price);
  if (model.simulated) note.unshift(t("models.simulatorHint"));
  else note.unshift(model.provider ?? model.kind);
  return (
    <DropdownMenuRadioItem value={`model:${model.name}`}>
      <Option title={model.label} note={note.join(" · ")} />
    </DropdownMenuRadioItem>
  );
}
