import Hummingbird

/// The style of the pages, and what makes them better where scripts run.
enum Assets {
    static let routes = [
        Route(.get, "/assets/style.css", .open) { _ in response(style, "text/css; charset=utf-8") },
        Route(.get, "/assets/app.js", .open) { _ in response(script, "text/javascript; charset=utf-8") },
    ]

    private static func response(_ text: String, _ type: String) -> Response {
        Response(
            status: .ok, headers: [.contentType: type, .cacheControl: "no-cache"],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    private static let style = """
        :root { --ground: #fff; --raised: #f6f7f9; --text: #1b1f24; --dim: #59636e; --line: #d5dae0; --accent: #0a5fb4;
          --good: #14703a; --warn: #8a5600; --bad: #b3261e; --bar0: #2f7fd1; --bar1: #8a63c9; --bar2: #2b8a5a; }
        @media (prefers-color-scheme: dark) { :root { --ground: #11151a; --raised: #1a2027; --text: #e4e8ec; --dim: #9aa5b1;
          --line: #323b45; --accent: #72b4f5; --good: #5fc588; --warn: #e0ad4f; --bad: #f2867f; --bar0: #5a9de0;
          --bar1: #b08be6; --bar2: #5cb98a; } }
        * { box-sizing: border-box; }
        body { margin: 0; background: var(--ground); color: var(--text);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
        header { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem 1.2rem; padding: .6rem 1.2rem;
          border-bottom: 1px solid var(--line); background: var(--raised); }
        .name { letter-spacing: .02em; } nav { display: flex; flex-wrap: wrap; gap: .2rem .9rem; flex: 1; }
        .who { color: var(--dim); } header form { margin: 0; }
        a { color: var(--accent); text-underline-offset: .15em; } nav a { color: var(--text); text-decoration: none; padding: .3rem 0; }
        nav a:hover { text-decoration: underline; } nav a[aria-current] { border-bottom: 2px solid var(--accent); }
        main { max-width: 76rem; margin: 0 auto; padding: 1rem 1.2rem 3rem; outline: none; }
        h1 { font-size: 1.45rem; margin: .4rem 0 1rem; overflow-wrap: anywhere; } h2 { font-size: 1.1rem; margin: 2rem 0 .6rem; }
        :focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
        .skip { position: absolute; left: -100rem; } .skip:focus { left: 1rem; top: .4rem; background: var(--ground); padding: .3rem; }
        .scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
        th, td { text-align: left; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
        th { color: var(--dim); font-weight: 600; white-space: nowrap; } td { overflow-wrap: anywhere; min-width: 6.5rem; }
        td:first-child { min-width: 4rem; }
        td.number, .hash, code, time { font-variant-numeric: tabular-nums; } .hash, code { font-family: ui-monospace, monospace; }
        time { white-space: nowrap; }
        .facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .8rem; margin: 0 0 1rem; }
        .facts div { background: var(--raised); border: 1px solid var(--line); border-radius: 8px; padding: .6rem .8rem; }
        dt { color: var(--dim); font-size: .85rem; } dd { margin: 0; font-size: 1.05rem; overflow-wrap: anywhere; }
        .badge { display: inline-block; border: 1px solid currentColor; border-radius: 99px; padding: 0 .6rem; font-size: .85rem;
          white-space: nowrap; }
        .good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); } .dim, .empty { color: var(--dim); }
        .lead { font-size: 1.15rem; margin: 0 0 1rem; }
        form.filter { display: flex; flex-wrap: wrap; gap: .6rem; align-items: end; margin: 0 0 1rem; }
        label { display: grid; gap: .15rem; color: var(--dim); font-size: .85rem; }
        input, select, button { font: inherit; color: var(--text); background: var(--ground); border: 1px solid var(--dim);
          border-radius: 6px; padding: .35rem .6rem; min-height: 2.4rem; max-width: 100%; }
        input[type=text], input[type=password] { min-width: min(22rem, 80vw); }
        button { background: var(--accent); border-color: var(--accent); color: var(--ground); cursor: pointer; }
        button.quiet { background: none; color: var(--text); border-color: var(--dim); }
        .chart { width: 100%; max-width: 44rem; height: auto; } .chart text { fill: var(--text); font-size: 14px; }
        .chart .label { fill: var(--dim); } .axis { stroke: var(--dim); } .bar { fill: var(--bar0); } .bar1 { fill: var(--bar1); }
        .bar2 { fill: var(--bar2); } .legend { color: var(--dim); } .key { display: inline-block; width: .8em; height: .8em;
          border-radius: 2px; margin: 0 .3em 0 .8em; background: var(--bar0); } .key.bar1 { background: var(--bar1); }
        .meter { height: .6rem; border-radius: 4px; background: var(--line); overflow: hidden; min-width: 8rem; }
        .meter svg { display: block; width: 100%; height: 100%; } .live { color: var(--good); }
        .next { margin: 1rem 0; display: flex; gap: 1rem; }
        @media (max-width: 40rem) { main, header { padding-left: .8rem; padding-right: .8rem; } nav a { padding: .5rem 0; }
          .facts { grid-template-columns: 1fr 1fr; } thead { position: absolute; left: -100rem; }
          tbody, tr { display: block; } tr { border-bottom: 1px solid var(--line); padding: .5rem 0; }
          td, td:first-child { display: block; border: 0; padding: .1rem 0; min-width: 0; } td:empty { display: none; } }
        """

    private static let script = """
        "use strict";
        // Everything works without this. With it, events appear as they happen.
        (() => {
          const live = document.querySelector("[data-live]");
          if (!live || !window.EventSource) return;
          const note = document.querySelector("[data-live-note]");
          const source = new EventSource(live.dataset.live);
          const body = live.querySelector("tbody");
          const say = (text, kind) => { if (note) { note.textContent = text; note.className = kind; } };
          source.onopen = () => say("live", "live");
          source.onerror = () => say("connecting again", "warn");
          const cell = (content) => { const td = document.createElement("td"); td.append(content); return td; };
          const link = (text, target) => {
            const a = document.createElement("a"); a.textContent = text; a.href = target; return a; };
          const show = (message) => {
            const event = JSON.parse(message.data);
            if (!body) { location.reload(); return; }
            const row = document.createElement("tr");
            const time = document.createElement("time");
            time.dateTime = event.at; time.title = event.at; time.textContent = "just now";
            row.append(cell(link(event.position, "/explain?subject=" + event.position)), cell(time), cell(event.kind),
              cell(event.locator ? link(event.locator, "/repositories/" + event.repository) : ""),
              cell(""));
            body.prepend(row);
            while (body.children.length > 200) body.lastElementChild.remove();
          };
          for (const kind of live.dataset.kinds.split(" ")) source.addEventListener(kind, show);
        })();
        """
}
