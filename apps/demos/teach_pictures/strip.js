// Small pictures in a row that wraps, each with a button that removes it: sends its key as “removed”.

export default function ({ parentElement: root, data, setTriggerValue }) {
  const strip = root.querySelector(".strip");
  strip.replaceChildren(
    ...data.pictures.map(({ key, name, source }) => {
      const item = document.createElement("span");
      const image = document.createElement("img");
      image.src = source;
      image.alt = name;
      image.title = name;
      const remove = document.createElement("button");
      remove.textContent = "×";
      remove.ariaLabel = `Remove ${name}`;
      remove.onclick = () => {
        item.remove(); // at once: the page follows
        setTriggerValue("removed", key);
      };
      item.append(image, remove);
      return item;
    }),
  );
}
