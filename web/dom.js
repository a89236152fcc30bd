// Small tools to build the page without a framework.

/** An element: `h("p", {class: "note", onclick}, "text", child)`. Properties beginning with "on" are listeners. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && name !== "list" && name !== "form") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  if (properties.class) element.className = properties.class;
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

/** Tell a screen reader, without moving the focus. */
export function say(text) {
  document.querySelector("#said").textContent = text;
}

let fields = 0;

/** A labelled input. `error(message)` marks it wrong. */
export function field(name, label, properties = {}, input = h("input", { type: "text", ...properties, name })) {
  // The same field may be on a page twice: a label is known by what it holds, a note by its number.
  fields += 1;
  const note = h("span", { class: "wrong", id: `wrong-${fields}`, role: "alert" });
  input.setAttribute("aria-describedby", note.id);
  const box = h("label", { class: "field" }, h("span", {}, label), input, note);
  box.error = (message) => {
    note.textContent = message;
    input.setAttribute("aria-invalid", "true");
    input.focus();
  };
  box.clear = () => {
    note.textContent = "";
    input.removeAttribute("aria-invalid");
  };
  box.input = input;
  return box;
}
