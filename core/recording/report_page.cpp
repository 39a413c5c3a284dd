// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/report_page.h"

#include <fmt/format.h>

namespace feedline {
namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --paper: #ffffff; --ink: #20262e; --muted: #5c6773; --faint: #dfe4ea; --box: #f5f7f9;
  --c1: #0072b2; --c2: #d55e00; --c3: #009e73; --c4: #cc79a7; --c5: #b07d00; --c6: #3d8fc4; }
@media screen and (prefers-color-scheme: dark) {
  :root { --paper: #161b22; --ink: #e6edf3; --muted: #9da7b3; --faint: #343c46; --box: #1f262f;
    --c1: #56b4e9; --c2: #ff8c3a; --c3: #2fcf9f; --c4: #e79cc4; --c5: #e5b53b; --c6: #8ac7f0; }
  svg .onbar { fill: var(--paper); }
}
body { margin: 2rem auto; max-width: 61rem; padding: 0 1rem; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .5rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
p { margin: .5rem 0; } footer { margin-top: 3rem; color: var(--muted); font-size: 12px; }
.verdict { background: var(--box); border-left: 4px solid var(--c1); padding: .6rem .9rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .15rem .9rem .15rem 0; text-align: left; border-bottom: 1px solid var(--faint); vertical-align: top;
  overflow-wrap: anywhere; }
th { color: var(--muted); font-weight: 600; overflow-wrap: normal; } .n { text-align: right; }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(20rem, 1fr)); gap: 1rem; }
.pictures svg { width: 100%; height: auto; } .pictures svg:only-child { grid-column: 1 / -1; }
svg text.ink { fill: var(--ink); } svg text.muted { fill: var(--muted); }
svg .faint { stroke: var(--faint); } svg line.ink, svg .wire, svg .frame { stroke: var(--muted); }
svg .node { fill: var(--box); stroke: var(--muted); } svg .port { fill: var(--muted); }
.c1 { stroke: var(--c1); } .c2 { stroke: var(--c2); } .c3 { stroke: var(--c3); }
.c4 { stroke: var(--c4); } .c5 { stroke: var(--c5); } .c6 { stroke: var(--c6); }
.f1 { fill: var(--c1); } .f2 { fill: var(--c2); } .f3 { fill: var(--c3); }
.f4 { fill: var(--c4); } .f5 { fill: var(--c5); } .f6 { fill: var(--c6); }
@media print { body { margin: 0; max-width: none; font-size: 11px; } h2 { break-after: avoid; }
  svg, tr { break-inside: avoid; } .pictures { grid-template-columns: 1fr 1fr; } }
)";

std::string html_of(const ReportPart& part) {
  std::string out = "<section>\n";
  if (!part.heading.empty()) out += fmt::format("<h2>{}</h2>\n", markup::escape(part.heading));
  out += part.html;
  if (!part.pictures.empty()) {
    out += "<div class=\"pictures\">\n";
    for (const markup::Picture& picture : part.pictures) out += picture.svg;
    out += "</div>\n";
  }
  return out + "</section>\n";
}

}  // namespace

std::string report_page(const RunRecord& run) {
  const std::string title = markup::escape(report_title(run));
  std::string page = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<h1>{}</h1>\n",
      title, kStyle, title);
  for (const ReportPart& part : report_parts(run)) page += html_of(part);
  return page +
         fmt::format("<footer>Feedline {}, {}</footer>\n</body>\n</html>\n", FEEDLINE_VERSION, utc_text(wall_clock()));
}

}  // namespace feedline
