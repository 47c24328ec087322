// The API document as a page: read it, fill it in, send it. Nothing is loaded from elsewhere.
"use strict";

const METHODS = ["get", "post", "put", "patch", "delete"];
const byId = (id) => document.getElementById(id);
const make = (tag, props = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), props);
  element.append(...children.filter((child) => child !== null));
  return element;
};
const pretty = (value) => JSON.stringify(value, null, 2);

function resolve(spec, node) {
  return node && node.$ref
    ? node.$ref.slice(2).split("/").reduce((found, part) => found[part], spec)
    : node;
}

function parameterField(parameter) {
  const input = make("input", { spellcheck: false, placeholder: parameter.schema?.format ?? "" });
  const star = parameter.required ? " *" : "";
  const label = make("label", {}, `${parameter.name}${star} (${parameter.in})`, input);
  label.title = parameter.description ?? "";
  return { parameter, input, label };
}

function buildRequest(path, fields) {
  const query = new URLSearchParams();
  const headers = {};
  let address = path;
  for (const { parameter, input } of fields) {
    const value = input.value.trim();
    if (parameter.in === "path") address = address.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (value && parameter.in === "query") query.append(parameter.name, value);
    else if (value && parameter.in === "header") headers[parameter.name] = value;
  }
  const credential = byId("credential").value.trim();
  const workspace = byId("workspace").value.trim();
  if (credential) headers.Authorization = `Bearer ${credential}`;
  if (workspace && !headers["Vectal-Workspace"]) headers["Vectal-Workspace"] = workspace;
  const tail = query.toString();
  return { address: tail ? `${address}?${tail}` : address, headers };
}

function asCurl(method, address, headers, body) {
  const quote = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const shown = Object.entries(headers).map(([name, value]) =>
    ` -H ${quote(`${name}: ${name === "Authorization" ? "Bearer $VECTAL_KEY" : value}`)}`);
  return `curl -X ${method.toUpperCase()} ${quote(location.origin + address)}${shown.join("")}`
    + (body ? ` -d ${quote(body)}` : "");
}

async function show(response, output) {
  const head = `${response.status} ${response.statusText}\n`;
  const kind = response.headers.get("content-type") ?? "";
  if (!kind.startsWith("text/event-stream")) {
    const text = await response.text();
    output.textContent = head + (kind.includes("json") && text ? pretty(JSON.parse(text)) : text);
    return;
  }
  output.textContent = head;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    output.textContent += part.value;
  }
}

function tryIt(path, method, fields, bodyInput) {
  const output = make("pre", { hidden: true, tabIndex: 0 });
  output.setAttribute("aria-live", "polite");
  const button = make("button", { type: "button", textContent: "Send" });
  button.addEventListener("click", async () => {
    const { address, headers } = buildRequest(path, fields);
    const body = bodyInput?.value.trim() || undefined;
    if (body) headers["Content-Type"] = "application/json";
    const curl = asCurl(method, address, headers, body);
    output.hidden = false;
    output.textContent = curl;
    try {
      const response = await fetch(address, { method: method.toUpperCase(), headers, body });
      const answer = make("pre");
      await show(response, answer);
      output.textContent = `${curl}\n\n${answer.textContent}`;
    } catch (error) {
      output.textContent = `${curl}\n\n${error}`;
    }
  });
  return make("div", { className: "try" }, make("div", {}, button), output);
}

function card(spec, path, method, operation) {
  const fields = (operation.parameters ?? []).map((each) => parameterField(resolve(spec, each)));
  const content = resolve(spec, operation.requestBody)?.content?.["application/json"];
  const body = content ? make("textarea", { value: pretty(content.example ?? {}), spellcheck: false }) : null;
  body?.setAttribute("aria-label", "Body");
  const good = Object.entries(operation.responses).find(([status]) => status.startsWith("2"));
  const example = good && resolve(spec, good[1]).content?.["application/json"]?.example;
  const inside = make("div", { className: "inside" },
    make("p", { textContent: operation.description ?? "" }),
    fields.length ? make("div", { className: "fields" }, ...fields.map((field) => field.label)) : null,
    body,
    tryIt(path, method, fields, body),
    example === undefined ? null : make("p", { className: "soft", textContent: `Answers ${good[0]}, for example:` }),
    example === undefined ? null : make("pre", { textContent: pretty(example), tabIndex: 0 }));
  const summary = make("summary", {},
    make("span", { className: "method", textContent: method.toUpperCase() }),
    make("span", { className: "path", textContent: path }),
    make("span", { className: "soft", textContent: operation.summary ?? "" }));
  const details = make("details", { id: operation.operationId }, summary);
  // Hundreds of forms at once would be slow: each is put in when it is opened.
  details.addEventListener("toggle", () => { if (details.open) details.append(inside); });
  details.dataset.words = `${method} ${path} ${operation.summary} ${operation.operationId}`.toLowerCase();
  return details;
}

function render(spec) {
  byId("about").textContent = spec.info.description.replaceAll("`", "");
  const main = byId("operations");
  main.replaceChildren();
  for (const tag of spec.tags) {
    const section = make("section", {},
      make("h2", { textContent: tag.name }), make("p", { className: "soft", textContent: tag.description }));
    for (const [path, item] of Object.entries(spec.paths)) {
      for (const method of METHODS) {
        if (item[method]?.tags?.includes(tag.name)) section.append(card(spec, path, method, item[method]));
      }
    }
    main.append(section);
  }
}

function filter() {
  const wanted = byId("find").value.trim().toLowerCase();
  for (const section of document.querySelectorAll("section")) {
    let any = false;
    for (const details of section.querySelectorAll("details")) {
      details.hidden = !details.dataset.words.includes(wanted);
      any ||= !details.hidden;
    }
    section.hidden = !any;
  }
}

byId("who").addEventListener("submit", (event) => event.preventDefault());
byId("find").addEventListener("input", filter);
fetch("/api/openapi.json")
  .then((response) => response.json())
  .then((spec) => {
    render(spec);
    const target = location.hash && byId(location.hash.slice(1));
    if (target) { target.open = true; target.scrollIntoView(); }
  })
  .catch((error) => { byId("operations").textContent = `The document could not be read: ${error}`; });
