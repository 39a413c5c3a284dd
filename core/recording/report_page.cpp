// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/report_page.h"

#include <fmt/format.h>

namespace feedline::inline recording {
namespace {

// The colours of the window (gui/base/theme.cpp); a test compares them.
constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; --paper: #fbfcfd; --ink: #1a1f26; --muted: #576170; --faint: #d3d8df; --box: #ffffff;
  --c1: #0072b2; --c2: #d55e00; --c3: #009e73; --c4: #cc79a7; --c5: #c48200; --c6: #3698d2;
  --c7: #4d8fd6; --c8: #e69f00; --c9: #a3acb8; }
@media screen and (prefers-color-scheme: dark) {
  :root { --paper: #1b1f26; --ink: #e8ebef; --muted: #a0aab8; --faint: #333a45; --box: #262b34;
    --c1: #58b1f0; --c2: #ff9354; --c3: #1fbf90; --c4: #e08fbd; --c5: #f0b232; --c6: #68bff2;
    --c7: #6d9ff5; --c8: #f0b232; --c9: #8a95a5; }
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
.f7 { fill: var(--c7); } .f8 { fill: var(--c8); } .f9 { fill: var(--c9); }
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

}  // namespace feedline::inline recording
