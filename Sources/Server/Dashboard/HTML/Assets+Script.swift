extension Assets {
    /// Everything works without it. With it, events appear as they happen, and "3 min ago" goes on.
    static let script = """
        "use strict";
        (() => {
          const relative = (date) => {
            const seconds = Math.trunc((Date.now() - date) / 1000), n = Math.abs(seconds);
            if (n < 5) return "just now";
            const text = n < 60 ? `${n} s` : n < 3600 ? `${Math.trunc(n / 60)} min`
              : n < 172800 ? `${Math.trunc(n / 3600)} h` : `${Math.trunc(n / 86400)} days`;
            return seconds >= 0 ? `${text} ago` : `in ${text}`;
          };
          setInterval(() => {
            if (document.hidden) return;
            for (const time of document.querySelectorAll("time[datetime]")) {
              const text = relative(new Date(time.dateTime));
              if (time.textContent !== text) time.textContent = text;
            }
          }, 5000);

          document.querySelector("nav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

          const live = document.querySelector("[data-live]");
          if (!live || !window.EventSource) return;
          const note = document.querySelector("[data-live-note]");
          const limit = Number(live.dataset.count);
          const source = new EventSource(live.dataset.live);
          const say = (text, isOn) => {
            if (!note || note.textContent === text) return;
            note.textContent = text;
            note.classList.toggle("on", isOn);
          };
          source.onopen = () => say("Live", true);
          source.onerror = () => say("Connecting again …", false);
          source.onmessage = (message) => {
            const body = live.querySelector("tbody");
            if (!body) { location.reload(); return; }
            const template = document.createElement("template");
            // A row as the server makes them for the page itself, escaped there.
            template.innerHTML = message.data;
            const row = template.content.firstElementChild;
            row.classList.add("new");
            body.prepend(row);
            while (body.children.length > limit) body.lastElementChild.remove();
          };
        })();
        """
}
