//! scratch
use nameplate_build::organisation::{Signs, judge};
use std::io::BufRead;
fn main() {
    for l in std::io::stdin().lock().lines() {
        let l = l.unwrap();
        let v = judge(&Signs { name: &l, ..Signs::default() });
        println!("{:?}\t{}\t{l}", v.class, v.rule);
    }
}
