// Sets the theme before the first paint. A file of its own, for the page's policy allows no inline script.
(() => {
  let choice = "system";
  try {
    choice = localStorage.getItem("vectal.theme") || "system";
  } catch {
    // Storage may be blocked; the system's theme is right then.
  }
  const dark =
    choice === "dark" || (choice !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
