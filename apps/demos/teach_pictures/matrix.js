// The confusion matrix as a table whose cells are buttons, with a picture and a count in each: sends “cell” as [row, column].

export default function ({ parentElement: root, data, setTriggerValue }) {
  const table = root.querySelector("table");
  const { labels, cells, chosen } = data;
  const head = document.createElement("tr");
  head.append(element("td", ""), ...labels.map((label) => element("th", label, "said")));
  const rows = cells.map((row, true_) => {
    const line = document.createElement("tr");
    line.append(element("th", labels[true_], "true"), ...row.map((cell, said) => place(cell, true_, said)));
    return line;
  });
  table.style.setProperty("--labels", labels.length);
  table.replaceChildren(head, ...rows);

  function place({ count, share, picture }, row, column) {
    const td = document.createElement("td");
    const kind = row === column ? "right" : "wrong";
    td.className = kind;
    td.style.setProperty("--share", share);
    if (!count) {
      td.append(element("span", "0", "none"));
      return td;
    }
    const button = document.createElement("button");
    button.ariaLabel = `${labels[row]}, the model said ${labels[column]}: ${count}`;
    button.title = button.ariaLabel;
    button.ariaPressed = chosen[0] === row && chosen[1] === column;
    button.onclick = () => setTriggerValue("cell", [row, column]);
    const image = document.createElement("img");
    image.src = picture;
    image.alt = "";
    button.append(image, element("b", `${count}`));
    td.append(button);
    return td;
  }
}

function element(name, text, kind) {
  const made = document.createElement(name);
  const inner = document.createElement("div");
  inner.textContent = text;
  inner.title = text;
  made.append(inner);
  if (kind) made.className = kind;
  return made;
}
