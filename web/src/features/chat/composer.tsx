import { clsx } from "clsx";
import { ArrowUp, BookOpen, Crosshair, Plus, Square, X } from "lucide-react";
import { type RefObject, Suspense, useId, useRef, useState } from "react";
import { AttachButton } from "@/features/attachments/attach-button";
import type { ListKeys } from "@/features/attachments/attachment-list";
import { DraftChips } from "@/features/attachments/chips";
import { type Attachment, mentionAt } from "@/features/attachments/model";
import { useUploads } from "@/features/attachments/use-uploads";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { IconButton } from "@/ui/icon-button";
import { Textarea } from "@/ui/input";
import { isDialogOpen } from "@/ui/is-dialog-open";
import { SegmentedControl } from "@/ui/segmented-control";
import type { Choice, Focus } from "./model";
import { ModelPicker } from "./model-picker";
import {
  attach,
  chooseKnowledge,
  chooseMode,
  keepDraft,
  NEW,
  replaceAttachment,
  useChatState,
} from "./state";
import { usePageFocus } from "./use-page-focus";

export interface ComposerProps {
  conversationId: string | null;
  field: RefObject<HTMLTextAreaElement | null>;
  choice: Choice;
  onChoice: (choice: Choice) => void;
  /** The turn that runs, if any; it can be stopped. */
  running: boolean;
  sending: boolean;
  autoFocus: boolean;
  onSend: (text: string, focus: Focus) => void;
  onStop: () => void;
}

const MAX_CHARS = 32_000;
const KINDS = ["file", "project", "task"] as const;
const NOTHING: readonly Attachment[] = [];
const AttachmentList = lazyPart(
  () => import("@/features/attachments/attachment-list"),
  "AttachmentList",
);

export function Composer(props: ComposerProps) {
  const { conversationId, field, running, sending, onSend } = props;
  const { t } = useTranslation("chat");
  const mode = useChatState((state) => state.mode);
  const draft = useChatState((state) => state.drafts[conversationId ?? NEW] ?? "");
  const focus = useIncludedFocus();
  const attached = useChatState((state) => state.attachments[conversationId ?? NEW] ?? NOTHING);
  const mention = useMention(conversationId, draft, field);
  const uploads = useUploads({
    add: (chip) => attach(conversationId, chip),
    update: (chip) => replaceAttachment(conversationId, chip, chip),
    settle: (chip, stored) => replaceAttachment(conversationId, chip, stored),
  });
  const uploading = attached.some((one) => one.progress !== undefined);
  const ready = draft.trim() !== "" && !sending && !running && !uploading;
  const send = () => {
    if (ready) onSend(draft, focus.value);
  };
  return (
    <div className="shrink-0 px-3 pb-3">
      <form
        className="relative mx-auto w-full max-w-[712px] rounded-xl border border-strong bg-raised shadow-panel transition-[border-color,box-shadow] duration-100 focus-within:border-accent focus-within:ring-3 focus-within:ring-accent/15"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        {mention.list}
        {focus.chip}
        <DraftChips
          attachments={attached}
          onRemove={(one) => replaceAttachment(conversationId, one, null)}
        />
        <Textarea
          ref={field}
          bare
          rows={1}
          maxHeight={220}
          autoFocus={props.autoFocus && !isDialogOpen()}
          aria-label={t("composer.label")}
          placeholder={mode === "ask" ? t("composer.ask") : t("composer.act")}
          className="block min-h-11 px-3.5 pt-3 pb-1.5 placeholder:text-faint"
          value={draft}
          maxLength={MAX_CHARS}
          {...mention.field}
          onChange={(event) => {
            keepDraft(conversationId, event.target.value);
            mention.look(event.target);
          }}
          onSelect={(event) => mention.look(event.currentTarget)}
          onBlur={mention.close}
          onKeyDown={(event) => {
            if (mention.press(event)) return;
            if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
            event.preventDefault();
            send();
          }}
        />
        <div className="flex items-center gap-1.5 px-2 pb-2">
          <SegmentedControl
            label={t("mode.label")}
            value={mode}
            onChange={chooseMode}
            segments={[
              { value: "ask", label: t("mode.ask") },
              { value: "act", label: t("mode.act") },
            ]}
          />
          <AttachButton
            kinds={KINDS}
            label={t("attach.button")}
            onPick={(picked) => attach(conversationId, picked)}
            onFiles={(files) => void uploads(files)}
          />
          <KnowledgeSwitch />
          <ModelPicker choice={props.choice} onChoice={props.onChoice} />
          <span className="flex-1" />
          {running ? (
            <IconButton
              icon={Square}
              variant="secondary"
              label={t("composer.stop")}
              className="[&_svg]:size-3 [&_svg]:fill-current"
              keys="escape"
              side="top"
              onClick={props.onStop}
            />
          ) : (
            <IconButton
              icon={ArrowUp}
              type="submit"
              variant="accent"
              label={t("composer.send")}
              keys="enter"
              side="top"
              disabled={!ready}
            />
          )}
        </div>
      </form>
      <p className="mx-auto mt-1.5 max-w-[712px] truncate px-2 text-faint text-xs">
        {mode === "ask" ? t("mode.askHint") : t("mode.actHint")}
      </p>
    </div>
  );
}

/** Whether all documents are searched for the answer. */
function KnowledgeSwitch() {
  const { t } = useTranslation("chat");
  const on = useChatState((state) => state.knowledge);
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      aria-label={t("knowledge.label")}
      data-tip={t("knowledge.tip")}
      data-tip-side="top"
      onClick={() => chooseKnowledge(!on)}
      className={clsx(
        "inline-flex h-7 shrink-0 items-center gap-1.5 rounded-sm px-2 font-medium text-xs touch:h-11",
        on ? "bg-accent-soft text-accent-ink" : "text-muted hover:bg-hover hover:text-ink",
      )}
    >
      <BookOpen aria-hidden size={13} />
      <span className="max-sm:hidden">{t("knowledge.label")}</span>
    </button>
  );
}

/** The list behind an @: moved through by the field's own keys, taken by Enter. */
function useMention(
  conversationId: string | null,
  draft: string,
  field: RefObject<HTMLTextAreaElement | null>,
) {
  const id = useId();
  const keys = useRef<ListKeys>(null);
  const [asked, setAsked] = useState<ReturnType<typeof mentionAt>>(null);
  const [shut, setShut] = useState<number | null>(null);
  const [active, setActive] = useState<string>();
  const open = asked !== null && asked.from !== shut;
  const pick = (picked: Attachment) => {
    if (!asked) return;
    const end = asked.from + 1 + asked.query.length;
    keepDraft(conversationId, draft.slice(0, asked.from) + draft.slice(end));
    attach(conversationId, picked);
    setAsked(null);
    requestAnimationFrame(() => field.current?.setSelectionRange(asked.from, asked.from));
  };
  return {
    field: open
      ? ({
          "aria-autocomplete": "list",
          "aria-controls": id,
          "aria-activedescendant": active,
        } as const)
      : {},
    look: (box: HTMLTextAreaElement) => {
      const found = mentionAt(box.value, box.selectionStart);
      setAsked(found);
      if (!found) setShut(null);
    },
    close: () => setAsked(null),
    press: (event: React.KeyboardEvent): boolean => {
      if (!open) return false;
      if (event.key === "Escape") {
        event.preventDefault();
        event.stopPropagation();
        setShut(asked.from);
        return true;
      }
      return keys.current?.press(event) ?? false;
    },
    list: open && (
      <div className="absolute inset-x-0 bottom-full z-20 mb-1.5 rounded-md border bg-raised p-1.5 shadow-pop">
        <Suspense fallback={null}>
          <AttachmentList
            id={id}
            query={asked.query}
            kinds={KINDS}
            onPick={pick}
            onActive={setActive}
            keysRef={keys}
          />
        </Suspense>
      </div>
    ),
  };
}

/** The open project or task, offered as something to talk about; sent only when it is taken up. */
function useIncludedFocus() {
  const { t } = useTranslation("chat");
  const page = usePageFocus();
  const [taken, setTaken] = useState<string | null>(null);
  const included = page !== null && taken === page.id;
  const value: Focus = !included
    ? {}
    : page.kind === "task"
      ? { task_id: page.id }
      : { project_id: page.id };
  const chip = page && (
    <div className="px-2 pt-2">
      <button
        type="button"
        aria-pressed={included}
        onClick={() => setTaken(included ? null : page.id)}
        className="inline-flex h-6 items-center gap-1.5 rounded-sm border border-dashed px-2 text-muted text-xs hover:border-strong hover:text-ink aria-pressed:border-transparent aria-pressed:border-solid aria-pressed:bg-accent-soft aria-pressed:text-accent-ink touch:h-9"
      >
        {included ? <Crosshair aria-hidden size={12} /> : <Plus aria-hidden size={12} />}
        {t(included ? `focus.${page.kind}In` : `focus.${page.kind}`)}
        {included && <X aria-hidden size={12} />}
      </button>
    </div>
  );
  return { value, chip };
}
