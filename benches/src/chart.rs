//! The picture of the results: bars on a logarithmic scale, as SVG, in the colours of the reader's
//! theme. It brings its own background, because a page's theme and the system's may differ.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::Result;
use crate::report::{Case, Measured, shown};

/// Where the bars begin and end, in pixels from the left.
const BARS: (f64, f64) = (230.0, 760.0);
const WIDTH: f64 = 840.0;
const ROW: f64 = 22.0;
const GROUP_GAP: f64 = 46.0;
const TOP: f64 = 64.0;

/// The scale, in nanoseconds.
const SCALE: (f64, f64) = (1.0, 1000.0);

const STYLE: &str = "\
  .background { fill: #ffffff } .text { fill: #1f2328 } .faint { fill: #59636e } .line { stroke: #d1d9e0 }
  .ours { fill: #0969da } .rival { fill: #afb8c1 }
  @media (prefers-color-scheme: dark) {
    .background { fill: #0d1117 } .text { fill: #f0f6fc } .faint { fill: #9198a1 } .line { stroke: #3d444d }
    .ours { fill: #4493f8 } .rival { fill: #656c76 }
  }
  text { font: 13px system-ui, sans-serif } .title { font-weight: 600; font-size: 15px } .group { font-weight: 600 }
  .value { font-variant-numeric: tabular-nums }";

/// Draws the cases with these names, in this order; those that were not measured are left out.
pub fn write(cases: &[Case], names: &[(&str, &str)], path: &Path) -> Result<()> {
    let groups: Vec<(&str, Vec<&Measured>)> = names
        .iter()
        .filter_map(|(name, title)| {
            let case = cases.iter().find(|case| case.name == *name)?;
            let mut measured: Vec<&Measured> = case.measured.iter().collect();
            measured.sort_by(|a, b| a.value().total_cmp(&b.value()));
            Some((*title, measured))
        })
        .collect();
    let height = TOP + groups.iter().map(|(_, bars)| GROUP_GAP + ROW * bars.len() as f64).sum::<f64>() + 20.0;
    fs::write(path, draw(&groups, height)?)?;
    Ok(())
}

fn draw(groups: &[(&str, Vec<&Measured>)], height: f64) -> std::result::Result<String, std::fmt::Error> {
    let mut svg = String::new();
    writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\" aria-label=\"Nanoseconds per lookup, nameplate and its rivals\">"
    )?;
    writeln!(svg, "<style>\n{STYLE}\n</style>")?;
    writeln!(svg, "<rect class=\"background\" width=\"100%\" height=\"100%\" rx=\"6\"/>")?;
    writeln!(
        svg,
        "<text class=\"text title\" x=\"20\" y=\"28\">Nanoseconds per lookup, logarithmic: shorter is better</text>"
    )?;
    let mut tick = SCALE.0;
    while tick <= SCALE.1 {
        let x = position(tick);
        writeln!(
            svg,
            "<line class=\"line\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{:.0}\" y2=\"{:.0}\"/>",
            TOP,
            height - 16.0
        )?;
        writeln!(
            svg,
            "<text class=\"faint\" x=\"{x:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{tick} ns</text>",
            TOP - 10.0
        )?;
        tick *= 10.0;
    }
    let mut y = TOP;
    for (title, bars) in groups {
        y += GROUP_GAP;
        writeln!(svg, "<text class=\"text group\" x=\"20\" y=\"{:.0}\">{title}</text>", y - 16.0)?;
        for measured in bars {
            let (subject, value) = (&measured.subject, measured.value());
            let (class, end) = (if measured.ours { "ours" } else { "rival" }, position(value));
            let (middle, x) = (y + ROW * 0.68, BARS.0);
            writeln!(
                svg,
                "<text class=\"text\" x=\"{:.0}\" y=\"{middle:.1}\" text-anchor=\"end\">{subject}</text>",
                x - 10.0
            )?;
            writeln!(
                svg,
                "<rect class=\"{class}\" x=\"{x:.0}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" rx=\"2\"/>",
                y + 3.0,
                end - x,
                ROW - 6.0
            )?;
            let value = shown(value, "ns");
            writeln!(
                svg,
                "<text class=\"faint value\" x=\"{:.1}\" y=\"{middle:.1}\">{value}</text>",
                end + 6.0
            )?;
            y += ROW;
        }
    }
    svg.push_str("</svg>\n");
    Ok(svg)
}

/// Where a value is on the scale.
fn position(value: f64) -> f64 {
    let share = (value.clamp(SCALE.0, SCALE.1) / SCALE.0).log10() / (SCALE.1 / SCALE.0).log10();
    BARS.0 + share * (BARS.1 - BARS.0)
}
