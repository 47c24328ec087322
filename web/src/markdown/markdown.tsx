import "./markdown.css";
import { memo, useMemo, useSyncExternalStore } from "react";
import type { Definitions } from "./grammar";
import { BlockView } from "./render-block";
import type { Block } from "./splitter";
import { completeSnapshot, type MessageStream, type Snapshot } from "./stream";

const Group = memo(
  ({ blocks, definitions }: { blocks: readonly Block[]; definitions: Definitions }) =>
    blocks.map((block) => (
      <BlockView key={block.key} raw={block.raw} definitions={definitions} growing={false} />
    )),
);

function Blocks({ snapshot }: { snapshot: Snapshot }) {
  const { groups, live, definitions, done } = snapshot;
  return (
    <div className="md" aria-busy={done ? undefined : true}>
      {groups.map((blocks) => (
        <Group key={blocks[0]?.key} blocks={blocks} definitions={definitions} />
      ))}
      {live.map((block, i) => (
        <BlockView
          key={block.key}
          raw={block.raw}
          definitions={definitions}
          growing={!done && i === live.length - 1}
        />
      ))}
    </div>
  );
}

/** A complete text. */
export const Markdown = memo(({ text }: { text: string }) => {
  const snapshot = useMemo(() => completeSnapshot(text), [text]);
  return <Blocks snapshot={snapshot} />;
});

/** A text that grows: give the message's stream, append to that. */
export function StreamingMarkdown({ stream }: { stream: MessageStream }) {
  const snapshot = useSyncExternalStore(stream.subscribe, stream.snapshot);
  return <Blocks snapshot={snapshot} />;
}
