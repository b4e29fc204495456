extension Assets {
    static let style = palette + page + parts + tables + charts + narrow

    /// Colours alone; each text colour has a contrast of 4.5 or more on each ground that it stands on (WCAG 2.2, 1.4.3).
    private static let palette = """
        :root { --ground: #f7f8fa; --surface: #fff; --sunken: #f1f3f6; --text: #171a1f; --dim: #58616d; --line: #e2e6eb;
          --edge: #8a94a1; --accent: #3651c7; --on-accent: #fff; --accent-soft: #edf0fc; --good: #11693a; --good-soft: #e5f4eb;
          --warn: #855000; --warn-soft: #fcf1de; --bad: #b02217; --bad-soft: #fdebe9; --c0: #3651c7; --c1: #14936a; --c2: #c2751a;
          --shadow: 0 1px 2px rgb(16 24 40 / .05); }
        @media (prefers-color-scheme: dark) { :root { --ground: #0d1015; --surface: #14181f; --sunken: #1b2029; --text: #e7eaef;
          --dim: #9ba5b3; --line: #262c36; --edge: #6d7786; --accent: #93a8ff; --on-accent: #0d1015; --accent-soft: #1d2542;
          --good: #5fcf91; --good-soft: #10291c; --warn: #e8b45f; --warn-soft: #2e2311; --bad: #f58f86; --bad-soft: #351a18;
          --c0: #8ba1ff; --c1: #4cc79a; --c2: #e5a14d; --shadow: none; } }

        """

    private static let page = """
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; }
        body { margin: 0; background: var(--ground); color: var(--text); font: 15px/1.55 system-ui, -apple-system, "Segoe UI",
          Roboto, "Noto Sans", "Liberation Sans", sans-serif; }
        a { color: var(--accent); text-decoration: none; } a:hover { text-decoration: underline; text-underline-offset: .18em; }
        p a, li a { text-decoration: underline; text-underline-offset: .18em; }
        :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
        .skip { position: absolute; left: -100rem; } .skip:focus { left: 1rem; top: .5rem; z-index: 2; background: var(--surface);
          padding: .4rem .8rem; }
        header { background: var(--surface); border-bottom: 1px solid var(--line); position: sticky; top: 0; z-index: 1; }
        .bar { max-width: 78rem; margin: 0 auto; padding: 0 1.5rem; min-height: 3.4rem; display: flex; align-items: center; gap: 1.5rem; }
        .name { display: flex; align-items: center; gap: .6rem; font-weight: 650; letter-spacing: -.01em; color: var(--text); }
        .name img { width: 1.5rem; height: 1.5rem; display: block; }
        nav { display: flex; gap: .15rem; flex: 1; overflow-x: auto; scrollbar-width: none; padding: .4rem 2px; }
        nav a { color: var(--dim); padding: .35rem .7rem; border-radius: 6px; white-space: nowrap; font-weight: 500; }
        nav a:hover { background: var(--sunken); color: var(--text); text-decoration: none; }
        nav a[aria-current] { color: var(--text); background: var(--sunken); }
        .account { display: flex; align-items: center; gap: .8rem; color: var(--dim); font-size: .87rem; white-space: nowrap; }
        .account form { margin: 0; }
        main { max-width: 78rem; margin: 0 auto; padding: 1.8rem 1.5rem 4rem; outline: none; }
        h1 { font-size: 1.55rem; line-height: 1.25; font-weight: 680; letter-spacing: -.02em; margin: 0 0 1.3rem;
          overflow-wrap: anywhere; }
        h2 { font-size: 1.06rem; font-weight: 640; letter-spacing: -.008em; margin: 2.4rem 0 .8rem; }
        h2 small { font-weight: 400; font-size: .87rem; color: var(--dim); margin-left: .5rem; letter-spacing: 0; }
        code, pre, .hash { font-family: ui-monospace, "SF Mono", "Cascadia Mono", "DejaVu Sans Mono", monospace; font-size: .88em; }
        code { background: var(--sunken); border-radius: 4px; padding: .1em .35em; } td code, dd code { overflow-wrap: anywhere; }
        pre { background: var(--sunken); border: 1px solid var(--line); border-radius: 8px; padding: .9rem 1rem; margin: 0;
          overflow-x: auto; }
        time, .number, .hash { font-variant-numeric: tabular-nums; } time { white-space: nowrap; }
        .dim { color: var(--dim); } .sub { color: var(--dim); margin: -.9rem 0 1.3rem; }

        """

    private static let parts = """
        .card, .scroll, .facts, .tiles > div, .empty, .verdict { background: var(--surface); border: 1px solid var(--line);
          border-radius: 10px; box-shadow: var(--shadow); }
        .card { padding: 1.1rem 1.2rem; }
        .verdict { display: flex; gap: 1rem; align-items: flex-start; padding: 1.2rem 1.3rem; margin: 0 0 1.1rem; }
        .verdict svg { flex: none; width: 2.1rem; height: 2.1rem; display: block; margin-top: .1rem; }
        .verdict strong { display: block; font-size: 1.22rem; line-height: 1.35; font-weight: 650; letter-spacing: -.012em; }
        .verdict span { color: var(--dim); }
        .verdict.good svg { color: var(--good); } .verdict.warn svg { color: var(--warn); } .verdict.bad svg { color: var(--bad); }
        .tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: .8rem; margin: 0 0 1rem; }
        .tiles > div { padding: .85rem 1rem .9rem; } .tiles dt { color: var(--dim); font-size: .83rem; font-weight: 500; }
        .tiles dd { margin: .1rem 0 0; font-size: 1.45rem; line-height: 1.3; font-weight: 640; letter-spacing: -.02em;
          font-variant-numeric: tabular-nums; overflow-wrap: anywhere; } .tiles dd.note { font-size: .83rem; font-weight: 400;
          letter-spacing: 0; color: var(--dim); margin-top: .2rem; } .tiles a { color: inherit; text-decoration: underline;
          text-decoration-color: var(--edge); text-underline-offset: .2em; text-decoration-thickness: 1px; }
        .facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)); gap: .9rem 1.4rem; padding: 1.1rem 1.2rem;
          margin: 0 0 1rem; }
        .facts dt { color: var(--dim); font-size: .83rem; font-weight: 500; } .facts dd { margin: 0; overflow-wrap: anywhere; }
        .facts .wide { grid-column: 1 / -1; }
        .badge { display: inline-flex; align-items: center; gap: .4em; border-radius: 99px; padding: .08rem .6rem; font-size: .82rem;
          font-weight: 550; white-space: nowrap; background: var(--sunken); color: var(--dim); }
        .badge::before { content: ""; width: .45em; height: .45em; border-radius: 50%; background: currentColor; }
        .badge.good { background: var(--good-soft); color: var(--good); } .badge.warn { background: var(--warn-soft); color: var(--warn); }
        .badge.bad { background: var(--bad-soft); color: var(--bad); }
        .empty { color: var(--dim); padding: 1.6rem 1.2rem; margin: 0; text-align: center; border-style: dashed; box-shadow: none; }
        .note { color: var(--dim); font-size: .9rem; margin: .6rem 0 0; } .alert { color: var(--bad); font-weight: 550; }
        form.filter { display: flex; flex-wrap: wrap; gap: .8rem; align-items: end; margin: 0 0 1rem; }
        label { display: grid; gap: .25rem; color: var(--dim); font-size: .83rem; font-weight: 500; }
        label.grow { flex: 1 1 18rem; max-width: 40rem; }
        input, select, button { font: inherit; font-size: .93rem; color: var(--text); background: var(--surface);
          border: 1px solid var(--edge); border-radius: 7px; padding: .38rem .7rem; min-height: 2.3rem; max-width: 100%; }
        button { white-space: nowrap; background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 550; cursor: pointer;
          padding: .38rem .95rem; } button:hover { filter: brightness(1.08); }
        button.quiet { background: var(--surface); color: var(--text); border-color: var(--edge); }
        td button { min-height: 2rem; padding: .2rem .7rem; } td form { margin: 0; }
        .sign-in { max-width: 25rem; margin: 8vh auto 0; } .sign-in form { display: grid; gap: 1rem; } .sign-in h1 { margin-bottom: .3rem; }
        .sign-in .card { padding: 1.6rem; margin-top: 1.2rem; } .sign-in input { width: 100%; }
        .live { display: inline-flex; align-items: center; gap: .4em; font-size: .83rem; color: var(--dim); font-weight: 400; }
        .live.on { color: var(--good); } .live.on::before { content: ""; width: .5em; height: .5em; border-radius: 50%;
          background: currentColor; animation: pulse 2s infinite; } @keyframes pulse { 50% { opacity: .35; } }
        @media (prefers-reduced-motion: reduce) { .live.on::before { animation: none; } }
        .next { margin: 1rem 0 0; } .heading { display: flex; flex-wrap: wrap; align-items: baseline; gap: .2rem 1rem; margin: 2.4rem 0 .8rem; }
        .heading h2 { margin: 0; } .title { display: flex; flex-wrap: wrap; align-items: center; gap: .6rem 1rem; margin: 0 0 1.3rem; }
        .title h1 { margin: 0; flex: 1 1 20rem; } .title form { margin: 0; }
        ul.plain { list-style: none; margin: 0; padding: 0; } ul.plain li + li { margin-top: .4rem; }

        """

    private static let tables = """
        .scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .92rem; }
        th, td { text-align: left; padding: .55rem 1rem; border-bottom: 1px solid var(--line); vertical-align: baseline; }
        th { color: var(--dim); font-size: .8rem; font-weight: 550; white-space: nowrap; background: var(--sunken); }
        tr:last-child td { border-bottom: 0; } tbody tr:hover { background: var(--accent-soft); }
        td { overflow-wrap: anywhere; min-width: 6.8rem; } .number { text-align: right; white-space: nowrap; }
        td.number { min-width: 0; } td.what { min-width: 15rem; color: var(--dim); } td.main { min-width: 12rem; font-weight: 500; } td.source { min-width: 11rem; } td.short { white-space: nowrap; }

        tr.new { animation: arrive 2s; } @keyframes arrive { from { background: var(--good-soft); } }
        @media (prefers-reduced-motion: reduce) { tr.new { animation: none; } }

        """

    private static let charts = """
        .tiles.six { grid-template-columns: repeat(6, 1fr); }
        .charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 30rem), 1fr)); gap: .8rem; }
        figure { margin: 0; } figcaption { font-weight: 550; margin: 0 0 .2rem; } figcaption span { color: var(--dim); font-weight: 400;
          display: block; font-size: .86rem; }
        .chart { width: 100%; height: auto; display: block; margin-top: .5rem; } .chart text { fill: var(--dim); font-size: 12px;
          font-variant-numeric: tabular-nums; } .chart .value { fill: var(--text); font-weight: 550; }
        .grid { stroke: var(--line); } .axis { stroke: var(--edge); }
        .line { fill: none; stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; } .area { opacity: .12; stroke: none; }
        .line.c0 { stroke: var(--c0); } .line.c1 { stroke: var(--c1); } .line.c2 { stroke: var(--c2); }
        .area.c0, .mark.c0 { fill: var(--c0); } .area.c1, .mark.c1 { fill: var(--c1); } .area.c2, .mark.c2 { fill: var(--c2); }
        .legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: .5rem 0 0; padding: 0; list-style: none; font-size: .86rem;
          color: var(--dim); } .legend svg { width: .75rem; height: .75rem; margin-right: .4rem; vertical-align: -.05em; }
        .legend b { color: var(--text); font-weight: 600; font-variant-numeric: tabular-nums; }
        .bars { list-style: none; margin: .8rem 0 0; padding: 0; display: grid; gap: .65rem; }
        .bars li { display: grid; grid-template-columns: 1fr auto; gap: .15rem 1rem; overflow-wrap: anywhere; }
        .bars b { font-weight: 600; font-variant-numeric: tabular-nums; } .bars svg { grid-column: 1 / -1; }
        .meter { display: block; width: 100%; min-width: 8rem; height: .5rem; border-radius: 4px; }
        .meter .track { fill: var(--line); } .meter .good { fill: var(--good); } .meter .warn { fill: var(--warn); }
        .meter .bad { fill: var(--bad); }

        """

    /// On a phone a row is a small card, and each cell says what it is.
    private static let narrow = """
        @media (max-width: 70rem) { .tiles.six { grid-template-columns: repeat(3, 1fr); } }
        @media (max-width: 46rem) {
          .bar { flex-wrap: wrap; gap: 0 1rem; padding: .5rem 1rem 0; } .name { flex: 1; } nav { order: 3; flex: 1 0 100%; padding: .4rem 0; }
          nav a { padding: .45rem .7rem; } main { padding: 1.2rem 1rem 3rem; } .tiles, .tiles.six { grid-template-columns: 1fr 1fr; gap: .6rem; }
          .tiles > div { padding: .7rem .8rem; } .tiles dd { font-size: 1.2rem; } .verdict { padding: 1rem; } .verdict strong { font-size: 1.08rem; }
          .scroll { overflow: visible; background: none; border: 0; box-shadow: none; } table, tbody { display: block; }
          thead { position: absolute; left: -100rem; } tr { display: block; background: var(--surface); border: 1px solid var(--line);
          border-radius: 10px; padding: .6rem .9rem; margin-bottom: .6rem; } td, td.number, td.what, td.main, td.source, td.short { display: grid; min-width: 0;
          grid-template-columns: 6.5rem minmax(0, 1fr); gap: .6rem; border: 0; padding: .14rem 0; text-align: left; white-space: normal; }
          td::before { content: attr(data-label); color: var(--dim); font-size: .83rem; font-weight: 500; } td:empty { display: none; }
          .facts { grid-template-columns: repeat(auto-fit, minmax(8rem, 1fr)); } .chart text { font-size: 15px; }
          label.grow { flex-basis: 100%; } form.filter button { flex: 1; } }

        """
}
