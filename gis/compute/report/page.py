"""The frame of every report: one page, its own styles, nothing fetched, no script."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from gis.compute.report.values import About, Words

# The page may load nothing at all; a mistake in a renderer cannot reach outside.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

STYLE = """
:root{--ink:#1c2a29;--soft:#5a6866;--line:#dde3e0;--faint:#f5f7f5;--leaf:#2c6b5a;--bad:#a63d14;
color-scheme:light}
*{box-sizing:border-box}
html{scroll-behavior:smooth;-webkit-text-size-adjust:100%}
body{margin:0;background:#fff;color:var(--ink);font:15px/1.6 "PingFang SC","Microsoft YaHei","Noto Sans CJK SC",
"Noto Sans SC","Source Han Sans SC","WenQuanYi Zen Hei",system-ui,sans-serif;
font-variant-numeric:tabular-nums}
header,main,footer{max-width:1180px;margin:0 auto;padding:0 28px}
header{padding-top:36px;padding-bottom:6px}
h1{font-size:27px;line-height:1.3;margin:0;font-weight:650;letter-spacing:.01em}
h1 small{display:block;font-size:14px;font-weight:400;color:var(--soft);letter-spacing:0;margin-top:4px}
h2{font-size:18px;margin:44px 0 12px;font-weight:650;break-after:avoid}
h2 small,h3 small{font-size:13px;font-weight:400;color:var(--soft);margin-left:8px}
h3{font-size:15px;margin:22px 0 8px;font-weight:650;break-after:avoid}
p{margin:6px 0;max-width:110ch}
small.en,.en{color:var(--soft);font-size:12.5px}
a{color:var(--leaf)}
.facts{color:var(--soft);margin:10px 0 0;max-width:none}
.cards{display:grid;grid-template-columns:repeat(6,1fr);gap:1px;background:var(--line);
border:1px solid var(--line);border-radius:8px;overflow:hidden;margin:22px 0}
.card{background:#fff;padding:13px 16px 12px;break-inside:avoid}
.card b{display:block;font-size:24px;line-height:1.25;font-weight:620}
.card b i{font-style:normal;font-size:14px;font-weight:400;color:var(--soft);margin-left:4px}
.card span{display:block;font-size:13px}
.card span.en{font-size:12px;line-height:1.35}
.card.bad b{color:var(--bad)}
.checks{display:grid;grid-template-columns:repeat(auto-fit,minmax(250px,1fr));gap:5px 22px;list-style:none;
padding:0;margin:10px 0}
.checks li{padding-left:24px;position:relative;line-height:1.45}
.checks li::before{content:"✓";position:absolute;left:2px;color:var(--leaf);font-weight:700}
.checks li.no::before{content:"✗";color:var(--bad)}
.checks li.no{color:var(--bad)}
.checks li.so::before{content:"•";color:#a9782a;left:5px}
.map{border:1px solid var(--line);border-radius:8px;background:#fbfcfb;overflow:hidden;line-height:0}
.map svg{width:100%;height:auto;max-height:86vh;display:block}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:10px 0 0;padding:0;list-style:none;font-size:13px}
.legend li{display:flex;align-items:center;gap:7px}
.legend i{width:20px;height:13px;border-radius:3px;border:1px solid rgba(28,42,41,.28);flex:none}
.legend i.stroke{height:0;border:0;border-top:2px solid;border-radius:0}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(300px,1fr));gap:22px 26px}
.chart{margin:0;max-width:560px;break-inside:avoid}
.chart svg{width:100%;height:auto;display:block;overflow:visible}
figcaption{font-size:14px;margin-bottom:4px}
.scroll{overflow-x:auto;-webkit-overflow-scrolling:touch;border:1px solid var(--line);border-radius:8px;
background:linear-gradient(90deg,#fff 40%,transparent) 0 0/44px 100% no-repeat local,
linear-gradient(270deg,#fff 40%,transparent) 100% 0/44px 100% no-repeat local,
linear-gradient(90deg,rgba(28,42,41,.22),transparent) 0 0/15px 100% no-repeat scroll,
linear-gradient(270deg,rgba(28,42,41,.22),transparent) 100% 0/15px 100% no-repeat scroll}
.scroll:focus-visible{outline:2px solid var(--leaf);outline-offset:2px}
.swipe{display:none}
table{border-collapse:collapse;width:100%;font-size:13.5px}
th,td{padding:6px 11px;text-align:left;border-bottom:1px solid var(--line);vertical-align:top}
td:first-child,th:first-child{white-space:nowrap}
tr:last-child td{border-bottom:0}
th{font-weight:600;background:var(--faint);line-height:1.3;white-space:nowrap;position:sticky;top:0}
th small{display:block;font-weight:400;color:var(--soft);font-size:11.5px}
details{margin-top:10px}summary{cursor:pointer;color:var(--leaf);padding:6px 2px}
td.n,th.n{text-align:right;white-space:nowrap}
td.wide{min-width:210px}
code{font:12.5px/1.5 ui-monospace,"SF Mono",Menlo,Consolas,monospace;overflow-wrap:anywhere}
.sw{display:inline-block;width:11px;height:11px;border-radius:3px;margin-right:6px;
border:1px solid rgba(28,42,41,.28);vertical-align:-1px}
.bar{display:flex;height:26px;border-radius:6px;overflow:hidden;border:1px solid var(--line);margin:10px 0 6px}
.bar span{display:block;min-width:2px}
.notes{padding-left:1.2em;margin:8px 0}
.notes li{margin:3px 0}
.sheet{display:none}
.sheet:focus{outline:none}
.sheet:target{display:block;position:fixed;inset:0;z-index:9;background:#fff;overflow:auto;padding:22px 28px 40px}
.sheet>div{max-width:1180px;margin:0 auto}
.sheet .top{display:flex;justify-content:space-between;align-items:baseline;gap:16px;margin-bottom:12px}
.sheet .top h2{margin:0}
.sheet .map svg{max-height:66vh}
.close{white-space:nowrap;text-decoration:none;border:1px solid var(--line);border-radius:6px;padding:4px 12px}
footer{color:var(--soft);font-size:12.5px;padding-top:34px;padding-bottom:48px}
@media (max-width:1000px){.cards{grid-template-columns:repeat(4,1fr)}}
@media (max-width:640px){
body{font-size:14.5px}header,main,footer{padding-left:16px;padding-right:16px}header{padding-top:22px}
h1{font-size:22px}h2{margin-top:34px}.card{padding:11px 13px}.card b{font-size:20px}
.cards{grid-template-columns:repeat(2,1fr)}.sheet:target{padding:14px 14px 30px}
h2 small{display:block;margin-left:0}th,td{padding:6px 8px}td.wide{min-width:150px}td .en{display:none}
.swipe{display:block;color:var(--soft);font-size:12.5px;margin:4px 0}
td:first-child,th:first-child{position:sticky;left:0;z-index:1;background:#fff;white-space:normal;
overflow-wrap:anywhere;min-width:104px;max-width:42vw;box-shadow:1px 0 0 var(--line),7px 0 8px -6px rgba(28,42,41,.28)}
th:first-child{background:var(--faint);z-index:2}}
@media print{
@page{size:A4;margin:14mm 13mm}
body{font-size:10.5pt}header,main,footer{max-width:none;padding:0}
.sheet{display:none!important}.scroll{border:0;overflow:visible;background:none}th{position:static}
.map svg{max-height:170mm}a{color:inherit;text-decoration:none}tr,.card,.chart{break-inside:avoid}
.cards{grid-template-columns:repeat(4,1fr)}.charts{grid-template-columns:repeat(3,1fr);gap:10px 16px}
table{font-size:8.3pt}th,td{padding:3px 5px}td.wide{min-width:96px}td .en{display:none}th small{font-size:7pt}
.legend,.checks{font-size:9pt}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""


def page(title: Words, about: About, facts: str, sections: Iterable[str], style: str = "") -> str:
    """The whole page as text; `facts` is one line under the title, `sections` are finished HTML."""
    named = about.title or title[0]
    below = f"{title[0]} · {title[1]}" if about.title else title[1]
    return "".join(
        (
            '<!doctype html>\n<html lang="zh-CN"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<title>{escape(named)}</title><style>{STYLE}{style}</style></head><body>\n",
            f"<header><h1>{escape(named)}<small>{escape(below)}</small></h1>",
            f'<p class="facts">{escape(facts)}</p></header>\n<main>\n',
            "\n".join(section for section in sections if section),
            "\n</main>\n<footer>", _footer(about), "</footer></body></html>\n",
        )
    )  # fmt: skip


def _footer(about: About) -> str:
    said = " · ".join(f"{name} {version}" for name, version in about.versions.items())
    return f"同样的数据、参数和种子得到同样的结果。 The same data, parameters and seed give the same result.<br>{escape(said)}"


def section(words: Words, inner: str, name: str = "") -> str:
    """A section with a Chinese heading and its English beside it; nothing where there is nothing inside."""
    if not inner:
        return ""
    marked = f' id="{name}"' if name else ""
    return f"<section{marked}><h2>{escape(words[0])}<small>{escape(words[1])}</small></h2>{inner}</section>"


def words_html(words: Words) -> str:
    """Chinese, and the English after it, smaller."""
    if not words[1] or words[1] == words[0]:
        return escape(words[0])
    return f'{escape(words[0])} <span class="en">{escape(words[1])}</span>'


def card(value: str, words: Words, *, unit: str = "", is_bad: bool = False) -> str:
    """One figure with its name."""
    more = f"<i>{escape(unit)}</i>" if unit else ""
    return (
        f'<div class="card{" bad" if is_bad else ""}"><b>{escape(value)}{more}</b>'
        f'<span>{escape(words[0])}</span><span class="en">{escape(words[1])}</span></div>'
    )


def cards(inner: Sequence[str]) -> str:
    """Figures beside each other."""
    return f'<div class="cards">{"".join(inner)}</div>'


def checks(rows: Iterable[tuple[str, Words]]) -> str:
    """A list of what holds (`yes`), what had to be so (`so`) and what does not hold (`no`)."""
    items = (f'<li class="{state}">{words_html(words)}</li>' for state, words in rows)
    return f'<ul class="checks">{"".join(items)}</ul>'


def anchor(code: str) -> str:
    """A code as the name of a place in the page."""
    return "".join(sign if sign.isascii() and sign.isalnum() else f"_{ord(sign):x}" for sign in code)
