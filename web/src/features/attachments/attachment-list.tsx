import { clsx } from "clsx";
import {
  type KeyboardEvent,
  type Ref,
  useEffect,
  useId,
  useImperativeHandle,
  useState,
} from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { KindIcon } from "./chips";
import type { Attachment, AttachmentKind } from "./model";
import { useCandidates } from "./queries";

/** Lets the field that has the keyboard move through the list. */
export interface ListKeys {
  /** Whether the key was for the list. */
  press: (event: KeyboardEvent) => boolean;
}

export interface AttachmentListProps {
  id: string;
  query: string;
  kinds: readonly AttachmentKind[];
  onPick: (picked: Attachment) => void;
  /** The id of the option that Enter takes. */
  onActive: (id: string | undefined) => void;
  keysRef: Ref<ListKeys>;
}

const KINDS = ["file", "project", "task"] as const;

/** Files, projects and tasks by name. The field that it belongs to keeps the focus. */
export function AttachmentList(props: AttachmentListProps) {
  const { id, query, kinds, onPick, onActive, keysRef } = props;
  const { t } = useTranslation("chat");
  const found = useCandidates(query, kinds);
  const all = KINDS.flatMap((kind) => found[kind]);
  const own = useId();
  const optionId = (one: Attachment) => `${own}-${one.kind}-${one.id}`;
  const [chosen, setChosen] = useState<string | null>(null);
  const at = Math.max(
    0,
    all.findIndex((one) => optionId(one) === chosen),
  );
  const active = all[at];
  const activeId = active && optionId(active);

  useEffect(() => {
    onActive(activeId);
    if (activeId) document.getElementById(activeId)?.scrollIntoView({ block: "nearest" });
  }, [activeId, onActive]);
  useEffect(() => () => onActive(undefined), [onActive]);

  const move = (step: number) => {
    const next = all[(at + step + all.length) % all.length];
    if (next) setChosen(optionId(next));
  };
  useImperativeHandle(keysRef, () => ({
    press: (event) => {
      if (!active || event.nativeEvent.isComposing) return false;
      if (event.key === "ArrowDown") move(1);
      else if (event.key === "ArrowUp") move(-1);
      else if ((event.key === "Enter" && !event.shiftKey) || event.key === "Tab") onPick(active);
      else return false;
      event.preventDefault();
      return true;
    },
  }));

  return (
    <div id={id} role="listbox" aria-label={t("attach.list")} className="max-h-72 overflow-y-auto">
      {all.length === 0 && (
        <div
          role="option"
          aria-selected={false}
          aria-disabled
          className="px-2 py-3 text-muted text-sm"
        >
          {t("attach.nothing")}
        </div>
      )}
      {KINDS.map(
        (kind) =>
          found[kind].length > 0 && (
            <div key={kind} role="group" aria-label={t(`attach.kinds.${kind}`)}>
              <p aria-hidden className="px-2 pt-2 pb-1 font-medium text-faint text-xs">
                {t(`attach.kinds.${kind}`)}
              </p>
              {found[kind].map((one) => (
                <Option
                  key={one.id}
                  id={optionId(one)}
                  one={one}
                  active={one === active}
                  onPick={onPick}
                />
              ))}
            </div>
          ),
      )}
    </div>
  );
}

interface OptionProps {
  id: string;
  one: Attachment;
  active: boolean;
  onPick: (picked: Attachment) => void;
}

function Option({ id, one, active, onPick }: OptionProps) {
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the field has the keyboard
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={active}
      onPointerDown={(event) => event.preventDefault()}
      onClick={() => onPick(one)}
      className={clsx(
        "flex h-8 cursor-default items-center gap-2 rounded-sm px-2 text-sm hover:bg-hover touch:h-11",
        active && "bg-active",
      )}
    >
      <span className="text-faint">
        <KindIcon kind={one.kind} size={14} />
      </span>
      <span className="min-w-0 truncate">{one.name}</span>
    </div>
  );
}
