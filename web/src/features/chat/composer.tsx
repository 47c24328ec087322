import { ArrowUp, Crosshair, Plus, Square, X } from "lucide-react";
import { type RefObject, useState } from "react";
import { useTranslation } from "@/lib/i18n/use-translation";
import { IconButton } from "@/ui/icon-button";
import { Textarea } from "@/ui/input";
import { SegmentedControl } from "@/ui/segmented-control";
import type { Choice, Focus } from "./model";
import { ModelPicker } from "./model-picker";
import { chooseMode, keepDraft, NEW, useChatState } from "./state";
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

export function Composer(props: ComposerProps) {
  const { conversationId, field, running, sending, onSend } = props;
  const { t } = useTranslation("chat");
  const mode = useChatState((state) => state.mode);
  const draft = useChatState((state) => state.drafts[conversationId ?? NEW] ?? "");
  const focus = useIncludedFocus();
  const ready = draft.trim() !== "" && !sending && !running;
  const send = () => {
    if (ready) onSend(draft, focus.value);
  };
  return (
    <div className="shrink-0 px-3 pb-3">
      <form
        className="mx-auto w-full max-w-[712px] rounded-xl border border-strong bg-raised shadow-panel transition-[border-color,box-shadow] duration-100 focus-within:border-accent focus-within:ring-3 focus-within:ring-accent/15"
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        {focus.chip}
        <Textarea
          ref={field}
          bare
          rows={1}
          maxHeight={220}
          autoFocus={props.autoFocus}
          aria-label={t("composer.label")}
          placeholder={mode === "ask" ? t("composer.ask") : t("composer.act")}
          className="block min-h-11 px-3.5 pt-3 pb-1.5 placeholder:text-faint"
          value={draft}
          maxLength={MAX_CHARS}
          onChange={(event) => keepDraft(conversationId, event.target.value)}
          onKeyDown={(event) => {
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
