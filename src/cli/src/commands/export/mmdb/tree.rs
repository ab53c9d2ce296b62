//! The search tree: a node for each prefix below which answers differ, two records in a node.
//!
//! ```text
//! record < nodes        the node for the next bit
//! record = nodes        nothing is known
//! record > nodes        a place in the data section, 16 + nodes + offset
//! ```

use std::io::{self, Write};

/// ::ffff:0:0/96, the IPv4-mapped addresses (RFC 4291 section 2.5.5.2).
pub(super) const MAPPED_FIRST: u128 = 0xffff_0000_0000;
pub(super) const MAPPED_LAST: u128 = 0xffff_ffff_ffff;

/// Where IPv4 is: ::/96.
const IPV4_DEPTH: u8 = 96;

/// What a range's addresses lead to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Leaf {
    Nothing,
    /// An offset in the data section.
    Data(u32),
    /// The same as the tree under ::/96; for the range ::ffff:0:0/96 alone.
    Ipv4,
}

/// A range that starts where the one before it ends.
#[derive(Clone, Copy)]
pub(super) struct Range {
    pub(super) last: u128,
    pub(super) leaf: Leaf,
}

/// A record while the number of nodes is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Record {
    Nothing,
    Node(u32),
    Data(u32),
}

/// Bits of a record; a node has two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RecordSize {
    Bits24,
    Bits28,
    Bits32,
}

impl RecordSize {
    /// The smallest that holds every record; none where not even the largest does.
    pub(super) fn least(tree: &Tree, data_length: usize) -> Option<RecordSize> {
        let largest = tree.nodes.len() + 16 + data_length;
        [RecordSize::Bits24, RecordSize::Bits28, RecordSize::Bits32]
            .into_iter()
            .find(|size| largest < 1 << size.bits())
    }

    pub(super) fn bits(self) -> u16 {
        match self {
            RecordSize::Bits24 => 24,
            RecordSize::Bits28 => 28,
            RecordSize::Bits32 => 32,
        }
    }
}

pub(super) struct Tree {
    nodes: Vec<[Record; 2]>,
}

impl Tree {
    /// The tree of ranges that cover the IPv6 space. O(128) for each range; 16 bytes a node.
    pub(super) fn new(ranges: impl Iterator<Item = Range>) -> Tree {
        let mut builder = Builder { ranges, current: END, nodes: Vec::new(), ipv4: Record::Nothing };
        builder.advance();
        // Readers begin at node 0, so it is there even if nothing is known about any address.
        builder.node(0, 0);
        Tree { nodes: builder.nodes }
    }

    pub(super) fn nodes(&self) -> u32 {
        self.nodes.len() as u32
    }

    pub(super) fn write(&self, size: RecordSize, out: &mut dyn Write) -> io::Result<()> {
        let nodes = self.nodes();
        let number = |record| match record {
            Record::Nothing => nodes,
            Record::Node(node) => node,
            Record::Data(offset) => nodes + 16 + offset,
        };
        for node in &self.nodes {
            let [left, right] = node.map(number);
            let ([l0, l1, l2, l3], [r0, r1, r2, r3]) = (left.to_be_bytes(), right.to_be_bytes());
            match size {
                RecordSize::Bits24 => out.write_all(&[l1, l2, l3, r1, r2, r3]),
                // The middle byte holds the highest four bits of both.
                RecordSize::Bits28 => out.write_all(&[l1, l2, l3, l0 << 4 | r0, r1, r2, r3]),
                RecordSize::Bits32 => out.write_all(&[l0, l1, l2, l3, r0, r1, r2, r3]),
            }?;
        }
        Ok(())
    }
}

/// What comes after the last range.
const END: Range = Range { last: u128::MAX, leaf: Leaf::Nothing };

struct Builder<I> {
    ranges: I,
    /// The range that holds the first address not yet in the tree.
    current: Range,
    nodes: Vec<[Record; 2]>,
    /// The record that stands for ::/96, which comes before the mapped addresses.
    ipv4: Record,
}

impl<I: Iterator<Item = Range>> Builder<I> {
    fn advance(&mut self) {
        self.current = self.ranges.next().unwrap_or(END);
    }

    /// The record for the prefix of `depth` bits that starts at `first`.
    fn record(&mut self, first: u128, depth: u8) -> Record {
        let last = first | u128::MAX.checked_shr(depth.into()).unwrap_or(0);
        // One address is always a leaf, so that ranges out of order end too.
        let record = if self.current.last >= last || depth == 128 {
            let leaf = self.current.leaf;
            if self.current.last <= last {
                self.advance();
            }
            match leaf {
                Leaf::Nothing => Record::Nothing,
                Leaf::Data(offset) => Record::Data(offset),
                Leaf::Ipv4 => self.ipv4,
            }
        } else {
            self.node(first, depth)
        };
        if (first, depth) == (0, IPV4_DEPTH) {
            self.ipv4 = record;
        }
        record
    }

    /// The node for a prefix; a record that needs no node where both its halves are one leaf.
    fn node(&mut self, first: u128, depth: u8) -> Record {
        let index = self.nodes.len();
        self.nodes.push([Record::Nothing; 2]);
        let left = self.record(first, depth + 1);
        let right = self.record(first | 1 << (127 - depth), depth + 1);
        if left == right && !matches!(left, Record::Node(_)) && depth > 0 {
            // Leaves have made no nodes, so this one is the last.
            self.nodes.pop();
            return left;
        }
        self.nodes[index] = [left, right];
        Record::Node(index as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The naive reader: bit by bit.
    fn find(tree: &Tree, address: u128) -> Record {
        let mut record = Record::Node(0);
        for depth in 0..128 {
            let Record::Node(node) = record else { break };
            record = tree.nodes[node as usize][(address >> (127 - depth) & 1) as usize];
        }
        record
    }

    fn range(last: u128, leaf: Leaf) -> Range {
        Range { last, leaf }
    }

    #[test]
    fn every_edge_leads_to_its_range() {
        let v4_end = u128::from(u32::MAX);
        let ranges = [
            range(0xc000_01ff, Leaf::Nothing),
            range(0xc000_0200, Leaf::Data(1)),
            range(0xc000_02fe, Leaf::Data(2)),
            range(v4_end, Leaf::Nothing),
            range(MAPPED_FIRST - 1, Leaf::Nothing),
            range(MAPPED_LAST, Leaf::Ipv4),
            range(u128::MAX - 1, Leaf::Data(3)),
            range(u128::MAX, Leaf::Data(4)),
        ];
        let tree = Tree::new(ranges.into_iter());
        let mut first = 0;
        for range in ranges {
            for address in [first, range.last] {
                let expected = match range.leaf {
                    Leaf::Nothing => Record::Nothing,
                    Leaf::Data(offset) => Record::Data(offset),
                    Leaf::Ipv4 => find(&tree, address & v4_end),
                };
                assert_eq!(find(&tree, address), expected, "{address:x}");
            }
            first = range.last.wrapping_add(1);
        }
        assert_eq!(find(&tree, MAPPED_FIRST | 0xc000_0280), Record::Data(2));
    }

    #[test]
    fn neighbours_with_one_leaf_need_no_node() {
        let split = [0x7fff, 0xffff, u128::MAX >> 1, u128::MAX].map(|last| range(last, Leaf::Data(1)));
        let tree = Tree::new(split.into_iter());
        assert_eq!(tree.nodes, [[Record::Data(1); 2]]);
        let nothing = Tree::new([range(u128::MAX, Leaf::Nothing)].into_iter());
        assert_eq!(nothing.nodes, [[Record::Nothing; 2]]);
    }

    #[test]
    fn records_are_as_wide_as_the_file_needs() {
        let tree = Tree::new([range(u128::MAX >> 1, Leaf::Data(0)), END].into_iter());
        let bytes = |size| {
            let mut out = Vec::new();
            tree.write(size, &mut out).unwrap();
            out
        };
        assert_eq!(bytes(RecordSize::Bits24), [0, 0, 17, 0, 0, 1]);
        assert_eq!(bytes(RecordSize::Bits28), [0, 0, 17, 0, 0, 0, 1]);
        assert_eq!(bytes(RecordSize::Bits32), [0, 0, 0, 17, 0, 0, 0, 1]);
        let far = Tree { nodes: vec![[Record::Data(0x0abc_def0 - 17), Record::Data(0x0123_4567 - 17)]] };
        let mut out = Vec::new();
        far.write(RecordSize::Bits28, &mut out).unwrap();
        assert_eq!(out, [0xbc, 0xde, 0xf0, 0xa1, 0x23, 0x45, 0x67]);
        assert_eq!(RecordSize::least(&tree, (1 << 24) - 18), Some(RecordSize::Bits24));
        assert_eq!(RecordSize::least(&tree, (1 << 24) - 17), Some(RecordSize::Bits28));
        assert_eq!(RecordSize::least(&tree, (1 << 28) - 17), Some(RecordSize::Bits32));
        assert_eq!(RecordSize::least(&tree, (1 << 32) - 17), None);
    }

    #[test]
    fn ranges_out_of_order_end_all_the_same() {
        let ranges = [5_u128, 3, 9, 0, u128::MAX, 7].map(|last| range(last, Leaf::Data(last as u32 & 7)));
        Tree::new(ranges.into_iter());
    }
}
