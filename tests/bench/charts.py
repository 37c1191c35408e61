"""Charts as SVG, written by hand: they need nothing, and follow the reader's light or dark."""

import math

WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 150, 44, 44

STYLE = """<style>
text { font: 12px system-ui, sans-serif; fill: #1f2328 } .title { font-size: 14px; font-weight: 600 }
.grid { stroke: #d1d9e0 } .axis { stroke: #59636e } .a { stroke: #0969da; fill: #0969da } .b { stroke: #bc4c00; fill: #bc4c00 }
.c { stroke: #1a7f37; fill: #1a7f37 } .d { stroke: #8250df; fill: #8250df } .line { fill: none; stroke-width: 2.5 }
text.a, text.b, text.c, text.d { stroke: none } rect { stroke: none }
@media (prefers-color-scheme: dark) {
text { fill: #f0f6fc } .grid { stroke: #3d444d } .axis { stroke: #9198a1 } .a { stroke: #4493f8; fill: #4493f8 }
.b { stroke: #f0883e; fill: #f0883e } .c { stroke: #3fb950; fill: #3fb950 } .d { stroke: #ab7df8; fill: #ab7df8 }
.line { fill: none } text.a, text.b, text.c, text.d { stroke: none } }
</style>"""


def _svg(title, body):
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{title}">'
    return "\n".join([head, STYLE, f'<text class="title" x="{LEFT}" y="22">{title}</text>', *body, "</svg>", ""])


def _number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def lines(title, unit, curves):
    """Lines over sizes: `{name: [(rows, value)]}`, both axes by powers of ten."""
    points = [point for curve in curves.values() for point in curve]
    if not points:
        return None
    low_x, high_x = (math.log10(pick(x for x, _ in points)) for pick in (min, max))
    low_y = math.floor(math.log10(max(1e-3, min(y for _, y in points))))
    high_y = max(low_y + 1, math.ceil(math.log10(max(y for _, y in points))))
    x = lambda rows: LEFT + (math.log10(rows) - low_x) / ((high_x - low_x) or 1) * (WIDTH - LEFT - RIGHT)
    y = lambda value: HEIGHT - BOTTOM - (math.log10(value) - low_y) / (high_y - low_y) * (HEIGHT - TOP - BOTTOM)
    body = []
    for power in range(low_y, high_y + 1):
        at = y(10.0**power)
        body.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{at:.1f}" y2="{at:.1f}"/>')
        body.append(f'<text x="{LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{10.0**power:g} {unit}</text>')
    for rows in sorted({rows for rows, _ in points}):
        name = f"{rows // 10**6}M" if rows >= 10**6 else f"{rows // 1000}k"
        body.append(f'<text x="{x(rows):.1f}" y="{HEIGHT - 22}" text-anchor="middle">{name}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    body.append(f'<text x="{middle}" y="{HEIGHT - 5}" text-anchor="middle">conversations in the workspace</text>')
    taken = []
    for place, (name, curve) in enumerate(curves.items()):
        style = "abcd"[place % 4]
        path = " ".join(f"{x(rows):.1f},{y(value):.1f}" for rows, value in curve)
        body.append(f'<polyline class="line {style}" points="{path}"/>')
        body += [f'<circle class="{style}" cx="{x(rows):.1f}" cy="{y(value):.1f}" r="3"/>' for rows, value in curve]
        at = y(curve[-1][1]) + 4
        while any(abs(at - other) < 14 for other in taken):
            at -= 14
        taken.append(at)
        body.append(f'<text class="{style}" x="{x(curve[-1][0]) + 10:.1f}" y="{at:.1f}">{name}</text>')
    return _svg(title, body)


def bars(title, unit, groups):
    """Pairs of bars: `{group: {name: value}}`; each group has a scale of its own, and says its numbers."""
    if not groups:
        return None
    names = list(dict.fromkeys(name for group in groups.values() for name in group))
    room = (WIDTH - LEFT - 20) / len(groups)
    wide = min(46, room / (len(names) + 1))
    floor = HEIGHT - BOTTOM
    body = [f'<line class="axis" x1="{LEFT}" x2="{WIDTH - 20}" y1="{floor}" y2="{floor}"/>']
    for place, (group, values) in enumerate(groups.items()):
        most = max(values.values())
        for column, (name, value) in enumerate(values.items()):
            tall = value / most * (floor - TOP - 44)
            at = LEFT + place * room + (room - wide * len(values)) / 2 + column * wide
            style = "abcd"[names.index(name) % 4]
            body.append(f'<rect class="{style}" x="{at:.1f}" y="{floor - tall:.1f}" width="{wide - 6:.1f}" height="{tall:.1f}"/>')
            middle = at + (wide - 6) / 2
            body.append(f'<text x="{middle:.1f}" y="{floor - tall - 5:.1f}" text-anchor="middle">{_number(value)}</text>')
        body.append(f'<text x="{LEFT + (place + 0.5) * room:.1f}" y="{floor + 18}" text-anchor="middle">{group}</text>')
    for place, name in enumerate(names):
        style = "abcd"[place % 4]
        body.append(f'<text class="{style}" x="{LEFT + place * 230}" y="42">■ {name}, {unit}</text>')
    return _svg(title, body)
