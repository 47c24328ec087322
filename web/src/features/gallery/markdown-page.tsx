import { useRef, useState } from "react";
import { useAutoScroll } from "@/markdown/auto-scroll";
import { Markdown, StreamingMarkdown } from "@/markdown/markdown";
import { MessageStream } from "@/markdown/stream";
import { Button } from "@/ui/button";

const SAMPLE = `# A plan for the week

Here is **what matters**, in *order*, with \`inline code\` and a [reference](https://example.com/guide).

## Steps

1. Pay the rent, about **$1,200**, not $5 or $10.
2. Call the bank:
   - ask about the fee
   - [x] find the number
   - [ ] note the answer
3. Write the report

> Plans are worthless, but planning is everything.

| Task | Due | Hours |
|:-----|:---:|------:|
| Rent | Mon | 0.5 |
| Bank | Tue | 1 |
| Report on the third quarter with all its numbers | Fri | 12 |

\`\`\`python
from dataclasses import dataclass

@dataclass(frozen=True)
class Task:
    """One thing to do."""
    title: str
    priority: int = 4

def urgent(tasks: list[Task]) -> list[Task]:
    return [t for t in tasks if t.priority < 3]  # p1 and p2
\`\`\`

\`\`\`ts
export async function load(id: string): Promise<Task | null> {
  const answer = await fetch(\`/api/v1/tasks/\${id}\`);
  return answer.ok ? ((await answer.json()) as Task) : null;
}
\`\`\`

The sum is $\\sum_{i=1}^{n} i = \\frac{n(n+1)}{2}$, and

$$
\\int_0^\\infty e^{-x^2}\\,dx = \\frac{\\sqrt{\\pi}}{2}
$$

\`\`\`mermaid
flowchart LR
  Inbox --> Plan{Due today?}
  Plan -->|yes| Today
  Plan -->|no| Later
\`\`\`

![A chart](https://images.example/chart.png)

---

That is all.
`;

interface Figures {
  seconds: number;
  characters: number;
  frames: number;
  longestTaskMs: number;
}

/** Streams a long text at 200 tokens a second and counts the frames that were really presented. */
async function run(stream: MessageStream, text: string): Promise<Figures> {
  const start = performance.now();
  let longest = 0;
  let frames = 0;
  const tasks = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) longest = Math.max(longest, entry.duration);
  });
  tasks.observe({ type: "longtask" });
  let counting = true;
  const count = () => {
    frames += 1;
    if (counting) requestAnimationFrame(count);
  };
  requestAnimationFrame(count);
  for (let at = 0; at < text.length; ) {
    const due = Math.floor(((performance.now() - start) / 1000) * 200) * 4;
    if (due > at) {
      stream.append(text.slice(at, due));
      at = due;
    }
    // oxlint-disable-next-line no-await-in-loop -- the tokens of a stream come one after another
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  stream.finish();
  counting = false;
  tasks.disconnect();
  const seconds = (performance.now() - start) / 1000;
  return { seconds, characters: text.length, frames, longestTaskMs: longest };
}

/** The renderer on a page of its own: a sample, and a stream to measure. */
export function MarkdownPage() {
  const [stream, setStream] = useState<MessageStream | null>(null);
  const [figures, setFigures] = useState<Figures | null>(null);
  const scroller = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const { following, follow } = useAutoScroll(scroller, content);
  const start = (length: number) => {
    const next = new MessageStream();
    setStream(next);
    setFigures(null);
    // Without the drawings: they are costly by themselves and few in real answers.
    const part = SAMPLE.replace(/```mermaid[\s\S]*?```\n/, "");
    const text = part.repeat(Math.ceil(length / part.length)).slice(0, length);
    void run(next, text).then(setFigures);
  };
  return (
    <main className="flex h-full flex-col bg-surface">
      <div className="flex items-center gap-2 border-b p-3">
        <Button onClick={() => start(4000)}>Stream 4k</Button>
        <Button onClick={() => start(32_000)}>Stream 32k</Button>
        <Button onClick={follow} disabled={following}>
          To the end
        </Button>
        <output className="text-muted text-sm">{figures && JSON.stringify(figures)}</output>
      </div>
      <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto p-6">
        <div ref={content} className="mx-auto max-w-[680px]">
          {stream ? <StreamingMarkdown stream={stream} /> : <Markdown text={SAMPLE} />}
        </div>
      </div>
    </main>
  );
}
