// A formula that is wider than its column scrolls sideways: let the keyboard reach it, and say what it is.
(() => {
  const reach = () => {
    document.querySelectorAll("div.math mjx-container").forEach((formula) => {
      if (formula.scrollWidth > formula.clientWidth) {
        formula.tabIndex = 0;
        formula.setAttribute("role", "group");
        formula.setAttribute("aria-label", "A formula, wider than the page");
      } else {
        ["tabindex", "role", "aria-label"].forEach((name) => formula.removeAttribute(name));
      }
    });
  };
  window.addEventListener("load", async () => {
    await window.MathJax?.startup?.promise;
    reach();
    window.addEventListener("resize", reach);
  });
})();
