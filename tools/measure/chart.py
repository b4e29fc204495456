"""A chart of bars as SVG: small panels of one measure each, readable on light and on dark ground."""

from html import escape

WIDTH, LABEL, VALUE, ROW, HEAD, GAP, COLUMN_GAP = 410, 160, 74, 20, 30, 16, 24
STYLE = """
text { font: 12px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif; fill: #1f2328 }
.title { font-weight: 600 }
.unit { fill: #59636e }
.ours { fill: #0969da }
.other { fill: #afb8c1 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .unit { fill: #9198a1 } .ours { fill: #4493f8 } .other { fill: #59636e }
}
"""


class Panel:
    def __init__(self, title, unit, values, better="less"):
        """`values` are named; names that begin with `ingestor` are ours. `better`: less, or more."""
        self.title, self.unit, self.values, self.better = title, unit, values, better

    @property
    def height(self):
        return HEAD + ROW * len(self.values) + GAP

    def draw(self, x, y):
        parts = [
            f'<text class="title" x="{x}" y="{y + 14}">{escape(self.title)} '
            f'<tspan class="unit">{escape(self.unit)}, {self.better} is better</tspan></text>'
        ]
        most = max(self.values.values()) or 1
        order = sorted(self.values, key=self.values.get, reverse=self.better == "more")
        for index, name in enumerate(order):
            value, top = self.values[name], y + HEAD - 8 + ROW * index
            length = max(1, (WIDTH - LABEL - VALUE) * value / most)
            kind = "ours" if name.startswith("ingestor") else "other"
            parts.append(f'<text x="{x + LABEL - 6}" y="{top + 12}" text-anchor="end">{escape(name)}</text>')
            parts.append(
                f'<rect class="{kind}" x="{x + LABEL}" y="{top + 1}" width="{length:.1f}" height="{ROW - 5}" rx="2"/>')
            parts.append(f'<text x="{x + LABEL + length + 6:.1f}" y="{top + 12}">{shown(value)}</text>')
        return parts


def shown(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def write_chart(path, panels, caption):
    """Two columns of panels, each panel put where there is more room."""
    heights, parts = [0, 0], []
    for panel in panels:
        column = 0 if heights[0] <= heights[1] else 1
        parts += panel.draw(column * (WIDTH + COLUMN_GAP), heights[column])
        heights[column] += panel.height
    width, height = 2 * WIDTH + COLUMN_GAP, max(heights) + 20
    parts.append(f'<text class="unit" x="0" y="{height - 6}">{escape(caption)}</text>')
    with open(path, "w") as output:
        output.write(
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" role="img">\n<title>{escape(caption)}</title>\n<style>{STYLE}</style>\n'
            + "\n".join(parts) + "\n</svg>\n")
