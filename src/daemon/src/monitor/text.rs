//! The two text formats. prometheus-client writes OpenMetrics; what only reads the older format of
//! Prometheus, as curl's user does and `promtool check metrics`, gets it translated.
//!
//! They differ in little: in the older one a counter's family has the name of its samples, with `_total`, and
//! there is neither a line for units nor one for the end.

/// The content type of OpenMetrics.
pub(super) const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The content type of the older format.
pub(super) const PLAIN: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Translates what prometheus-client wrote, of counters, gauges and histograms. A family's `HELP` line comes before
/// its `TYPE` line, and both before its samples.
pub(super) fn plain(openmetrics: &str) -> String {
    let mut plain = String::with_capacity(openmetrics.len());
    let mut help = "";
    for line in openmetrics.lines() {
        let mut words = line.splitn(4, ' ');
        let head = [words.next(), words.next(), words.next()];
        let rest = words.next().unwrap_or_default();
        match head {
            [Some("#"), Some("HELP"), _] => help = rest,
            [Some("#"), Some("TYPE"), Some(name)] => {
                let total = if rest == "counter" { "_total" } else { "" };
                plain.extend(["# HELP ", name, total, " ", help, "\n"]);
                plain.extend(["# TYPE ", name, total, " ", rest, "\n"]);
            }
            [Some("#"), ..] => {}
            _ => plain.extend([line, "\n"]),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_called_by_the_names_of_their_samples() {
        let openmetrics = "# HELP a_seconds What a is.\n# TYPE a_seconds counter\n# UNIT a_seconds seconds\n\
            a_seconds_total{b=\"c d\"} 1\na_seconds_total{b=\"# HELP\"} 2\n\
            # HELP g A gauge.\n# TYPE g gauge\ng 0.5\n# EOF\n";
        let expected = "# HELP a_seconds_total What a is.\n# TYPE a_seconds_total counter\n\
            a_seconds_total{b=\"c d\"} 1\na_seconds_total{b=\"# HELP\"} 2\n\
            # HELP g A gauge.\n# TYPE g gauge\ng 0.5\n";
        assert_eq!(plain(openmetrics), expected);
    }
}
