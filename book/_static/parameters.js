/* Compose the commands that run a page with chosen parameters. Without this script the tables stand, and no form. */
document.addEventListener("DOMContentLoaded", () => {
  const form = document.getElementById("compose");
  if (!form) return;
  const pages = JSON.parse(document.getElementById("compose-pages").textContent);
  const fields = form.querySelector(".compose-fields");
  const chosen = () => pages[form.elements.page.value];

  const field = (parameter) => {
    const label = document.createElement("label");
    const input = document.createElement(parameter.choices ? "select" : "input");
    label.append(`${parameter.name} `, input);
    input.name = parameter.name;
    if (parameter.choices) {
      for (const choice of parameter.choices) input.append(new Option(choice || "the page’s own", choice));
    } else if (parameter.low !== null) {
      Object.assign(input, { type: "number", min: parameter.low, max: parameter.high, step: parameter.step });
    } else {
      input.pattern = "\\S*"; /* a blank would end the parameter */
    }
    input.value = parameter.default;
    if (!parameter.choices) input.required = parameter.default !== "";
    input.title = parameter.meaning;
    return label;
  };

  const given = () => chosen().parameters
    .map((parameter) => [parameter, form.elements[parameter.name].value])
    .filter(([parameter, value]) => value !== "" && value !== parameter.default)
    .map(([parameter, value]) => [parameter.name, value]);

  const quoted = (value) => /^[\w.+-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;

  const compose = () => {
    const { page, name } = chosen(), words = given();
    const list = words.map(([key, value]) => `${key}=${value}`).join(" ");
    const options = words.map(([key, value]) => ` -p ${key} ${quoted(value)}`).join("");
    const valid = form.checkValidity();
    const commands = {
      make: `make chapter NAME=${name}${list && ` P=${JSON.stringify(list)}`}`,
      papermill: `papermill _build/notebooks/source/${page}.ipynb mine.ipynb${options}`,
    };
    for (const [tool, command] of Object.entries(commands))
      document.getElementById(`compose-${tool}`).textContent = valid ? command : "";
    const wrong = [...fields.querySelectorAll("input, select")].find((input) => !input.checkValidity());
    document.getElementById("compose-wrong").textContent =
      wrong ? `${wrong.name}: ${wrong.validationMessage}` : "";
  };

  const renew = () => {
    fields.replaceChildren(...chosen().parameters.map(field));
    compose();
  };

  form.elements.page.append(...pages.map((page, index) => new Option(page.title, index)));
  form.elements.page.addEventListener("change", renew);
  form.addEventListener("input", (event) => { if (event.target.name !== "page") compose(); });
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(renew));
  for (const button of form.querySelectorAll("button[data-copies]"))
    button.addEventListener("click", async () => {
      const source = document.getElementById(button.dataset.copies);
      try {
        await navigator.clipboard.writeText(source.textContent);
        button.textContent = "Copied";
        setTimeout(() => { button.textContent = "Copy"; }, 1500);
      } catch { /* where a page may not write, the text is selected, to be copied by hand */
        window.getSelection().selectAllChildren(source);
      }
    });
  form.hidden = false;
  renew();
});
