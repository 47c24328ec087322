import { Check, Copy } from "lucide-react";
import { memo, Suspense, useEffect, useState } from "react";
import { copyText } from "@/lib/clipboard";
import { useTranslation } from "@/lib/i18n/use-translation";
import { lazyPart } from "@/lib/lazy-part";
import { type HighlightedLine, highlight } from "./highlight";

const Diagram = lazyPart(() => import("./diagram"), "Diagram");

export interface CodeBlockProps {
  code: string;
  language: string;
  /** The fence is still open: the code grows and stays plain. */
  open: boolean;
}

function useHighlighted({ code, language, open }: CodeBlockProps): HighlightedLine[] | null {
  const [done, setDone] = useState<{ code: string; lines: HighlightedLine[] } | null>(null);
  useEffect(() => {
    if (open || !language) return;
    let wanted = true;
    void highlight(code, language).then((lines) => {
      if (wanted && lines) setDone({ code, lines });
    });
    return () => {
      wanted = false;
    };
  }, [code, language, open]);
  return done && done.code === code && !open ? done.lines : null;
}

function CopyButton({ code }: { code: string }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2000);
    return () => clearTimeout(timer);
  }, [copied]);
  const Icon = copied ? Check : Copy;
  return (
    <button
      type="button"
      onClick={() => void copyText(code).then(setCopied)}
      className="inline-flex h-6 items-center gap-1.5 rounded-xs px-1.5 text-muted text-xs hover:bg-hover hover:text-ink touch:h-10"
    >
      <Icon aria-hidden size={13} />
      <span aria-live="polite">{copied ? t("markdown.copied") : t("markdown.copy")}</span>
    </button>
  );
}

const SLICE = 4000;

/** Growing code in slices: a frame lays out the last one, not all of it. */
const Slice = memo(({ text }: { text: string }) => <span>{text}</span>);

function Plain({ code }: { code: string }) {
  if (code.length <= SLICE) return code;
  const slices: string[] = [];
  for (let at = 0; at < code.length; at += SLICE) slices.push(code.slice(at, at + SLICE));
  return slices.map((text, i) => (
    // oxlint-disable-next-line react/no-array-index-key -- slices only ever join at the end
    <Slice key={i} text={text} />
  ));
}

const Line = memo(({ line }: { line: HighlightedLine }) => (
  <>
    {line.map(([text, color], i) =>
      color ? (
        // oxlint-disable-next-line react/no-array-index-key -- tokens have no identity but their place
        <span key={i} style={{ color }}>
          {text}
        </span>
      ) : (
        text
      ),
    )}
    {"\n"}
  </>
));

function CodeFrame(props: CodeBlockProps) {
  const { t } = useTranslation();
  const { code, language } = props;
  const lines = useHighlighted(props);
  return (
    <figure className="md-code">
      <figcaption>
        <span>{language || t("markdown.code")}</span>
        <CopyButton code={code} />
      </figcaption>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scroller must take the keyboard */}
      <pre tabIndex={0} aria-label={t("markdown.code")}>
        <code>
          {lines ? (
            // oxlint-disable-next-line react/no-array-index-key -- lines have no identity but their place
            lines.map((line, i) => <Line key={i} line={line} />)
          ) : (
            <Plain code={code} />
          )}
        </code>
      </pre>
    </figure>
  );
}

/** A block of code: plain while it grows, coloured once when it is whole; diagrams are drawn. */
export function CodeBlock(props: CodeBlockProps) {
  const frame = <CodeFrame {...props} />;
  if (props.language.toLowerCase() !== "mermaid" || props.open) return frame;
  return (
    <Suspense fallback={frame}>
      <Diagram source={props.code} fallback={frame} />
    </Suspense>
  );
}
