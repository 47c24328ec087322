import { createCssVariablesTheme, createHighlighterCore, type HighlighterCore } from "shiki/core";
import { createJavaScriptRegexEngine } from "shiki/engine/javascript";
import type { HighlightedLine, HighlightRequest, HighlightResponse } from "./highlight";
import { grammarOf } from "./languages";

// Colours are variables of the page, so a change of theme needs no new run.
const theme = createCssVariablesTheme({
  name: "vectal",
  variablePrefix: "--code-",
  fontStyle: false,
});

let highlighter: Promise<HighlighterCore> | null = null;

function engine(): Promise<HighlighterCore> {
  // The JavaScript engine: WebAssembly would need a hole in the content security policy.
  highlighter ??= createHighlighterCore({
    themes: [theme],
    langs: [],
    engine: createJavaScriptRegexEngine({ forgiving: true }),
  });
  return highlighter;
}

async function colour(code: string, language: string): Promise<HighlightedLine[] | null> {
  const grammar = grammarOf(language);
  if (!grammar) return null;
  const shiki = await engine();
  const loaded = await grammar();
  await shiki.loadLanguage(loaded.default);
  const name = loaded.default.at(-1)?.name;
  if (!name) return null;
  const { tokens } = shiki.codeToTokens(code, {
    lang: name,
    theme: "vectal",
    // A cold grammar may need long for its first line; the page replaces a worker that hangs.
    tokenizeTimeLimit: 5000,
  });
  return tokens.map((line) =>
    line.map((token) => [
      token.content,
      token.color && token.color !== "var(--code-foreground)" ? token.color : null,
    ]),
  );
}

const scope = globalThis as unknown as {
  addEventListener: (
    type: "message",
    listener: (event: { data: HighlightRequest }) => void,
  ) => void;
  postMessage: (response: HighlightResponse) => void;
};

scope.addEventListener("message", ({ data: { id, code, language } }) => {
  colour(code, language).then(
    (lines) => scope.postMessage({ id, lines }),
    () => scope.postMessage({ id, lines: null }),
  );
});
