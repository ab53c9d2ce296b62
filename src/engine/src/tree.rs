//! The IPv6 index: which interval holds an address, one cache line a step.
//!
//! IPv6 space is nearly empty, so counting by prefix would be mostly zeros. The high halves of the
//! first addresses, which alone decide real tables, are searched by a static B-tree without
//! pointers (an "S+ tree", after Bingmann's and Slotin's work on static search): the sorted array
//! in the file is the leaf layer, cut into blocks of eight keys, a cache line each; a node of the
//! layers above holds eight keys, the first keys of its second to ninth child:
//!
//! ```text
//! layer 2             |  k9' k18' ...              |                      one node: the root
//!                    /      |
//! layer 1     | k8 k16 ... k64 |   | k80 ... |   ...                      node j, child c -> block 9 j + c
//!            /    |     \
//! V6_STARTS_HIGH  | k0..k7 | k8..k15 | ... | k64..k71 | ...               blocks of eight
//! ```
//!
//! In each layer the child is the number of keys at or below the address: eight compares in two
//! vector operations. Nodes that have no such child are padded with the largest key, so that no
//! address below it finds that child; addresses whose high half is the largest key are the caller's.
//!
//! A node is known by the place of its first key among all nodes' keys, root first. Then one number for
//! each layer leads from a node to its child, `9 node + 8 child + step`, and a step of a lookup is some
//! 16 instructions, few enough that the processor has several lookups under way.
//!
//! The low halves are read only where an interval starts in the address's own /64.

use std::hint::cold_path;

use zerocopy::little_endian::U64;

use crate::cpu::{KEYS, Lanes, prefetch};

/// Children of a node.
const FANOUT: usize = KEYS + 1;

/// Layers above the leaves: enough for 8 * 9^10 intervals.
pub(crate) const MAX_LAYERS: usize = 10;

/// The layers above the leaves, viewed in a file: root first.
#[derive(Clone, Copy)]
pub(crate) struct Tree<'a> {
    keys: &'a [U64],
    /// For each layer, root first, what makes of nine times a node's place that of its first child:
    /// the start of the layer below less nine times its own. The lowest layer's children are blocks of
    /// the sorted array, which starts at 0.
    steps: [usize; MAX_LAYERS],
    depth: usize,
}

/// How many nodes each layer above `count` leaves has, root first.
fn layer_sizes(count: usize) -> Vec<usize> {
    let mut sizes = Vec::new();
    let mut size = count.div_ceil(KEYS);
    while size > 1 {
        size = size.div_ceil(FANOUT);
        sizes.push(size);
    }
    sizes.reverse();
    sizes
}

impl<'a> Tree<'a> {
    /// Views the layers above `count` leaves; none where their size is another one.
    pub(crate) fn new(keys: &'a [U64], count: usize) -> Option<Tree<'a>> {
        let mut tree = Tree { keys, steps: [0; MAX_LAYERS], depth: 0 };
        let mut start = 0_usize;
        let sizes = layer_sizes(count);
        for (layer, size) in sizes.iter().enumerate() {
            let end = start + size * KEYS;
            let below = if layer + 1 < sizes.len() { end } else { 0 };
            *tree.steps.get_mut(layer)? = below.wrapping_sub(start * FANOUT);
            start = end;
        }
        tree.depth = sizes.len();
        (start == keys.len()).then_some(tree)
    }

    /// The steps from layer to layer, root first: as many as there are layers above the leaves.
    #[inline(always)]
    pub(crate) fn steps(&self) -> &[usize] {
        &self.steps[..self.depth.min(MAX_LAYERS)]
    }

    /// From a node to its child that covers `high`, any but the largest. In a damaged file that may be
    /// a node of another layer; of one that is not there it is the sorted array's start.
    #[inline(always)]
    pub(crate) fn descend<L: Lanes>(&self, step: usize, node: usize, high: L::Key) -> usize {
        let Some(child) = L::count_up_to(self.keys, node, high) else {
            cold_path();
            return 0;
        };
        (node * FANOUT).wrapping_add(step).wrapping_add(child * KEYS)
    }

    /// Asks for a node.
    #[inline(always)]
    pub(crate) fn prefetch(&self, node: usize) {
        prefetch(self.keys, node);
    }

    /// Where in the sorted array the block begins that holds the last key at or below `high`, any but
    /// the largest.
    #[inline(always)]
    pub(crate) fn block<L: Lanes>(&self, high: L::Key) -> usize {
        let mut node = 0;
        for step in self.steps() {
            node = self.descend::<L>(*step, node, high);
        }
        node
    }

    /// Whether it is what [`build`] makes of the sorted array.
    pub(crate) fn is_index_of(&self, sorted: &[U64]) -> bool {
        self.keys == build(sorted)
    }
}

/// Makes the layers above a sorted array, root first.
pub(crate) fn build(sorted: &[U64]) -> Vec<U64> {
    // The first key below each node of the layer that was made last.
    let mut firsts: Vec<U64> = sorted.iter().step_by(KEYS).copied().collect();
    let mut layers = Vec::new();
    while firsts.len() > 1 {
        let mut nodes = Vec::with_capacity(firsts.len().div_ceil(FANOUT) * KEYS);
        for children in firsts.chunks(FANOUT) {
            nodes.extend_from_slice(&children[1..]);
            nodes.resize(nodes.len().next_multiple_of(KEYS), U64::MAX_VALUE);
            if children.len() == 1 {
                nodes.extend([U64::MAX_VALUE; KEYS]);
            }
        }
        firsts = firsts.iter().step_by(FANOUT).copied().collect();
        layers.push(nodes);
    }
    layers.reverse();
    layers.concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::Portable;

    #[test]
    fn each_layer_has_a_ninth_of_the_nodes_below_it() {
        for (leaves, sizes) in [
            (0, &[][..]),
            (1, &[]),
            (8, &[]),
            (9, &[1]),
            (72, &[1]),
            (73, &[1, 2]),
            (648, &[1, 9]),
            (649, &[1, 2, 10]),
        ] {
            assert_eq!(layer_sizes(leaves), sizes, "{leaves} leaves");
        }
        let most = KEYS * FANOUT.pow(MAX_LAYERS as u32);
        assert_eq!(layer_sizes(most).len(), MAX_LAYERS);
        assert!(most > u32::MAX as usize, "a file has fewer intervals");
    }

    #[test]
    fn each_key_is_found_in_its_block_and_what_is_above_all_in_the_last() {
        for count in [1, 8, 9, 71, 72, 73, 80, 648, 649, 700] {
            // Every key twice: the block is that of the last one at or below.
            let sorted: Vec<U64> = (0..count as u64).map(|number| U64::new(number / 2 * 10)).collect();
            let keys = build(&sorted);
            let tree = Tree::new(&keys, count).unwrap();
            assert!(tree.is_index_of(&sorted));
            for high in (0..count as u64 * 5 + 10).chain([u64::MAX - 1]) {
                let right = sorted.iter().rposition(|key| key.get() <= high).unwrap();
                let block = tree.block::<Portable>(high);
                assert_eq!(block, right / KEYS * KEYS, "{count} keys, {high}");
            }
        }
    }
}
