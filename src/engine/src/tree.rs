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
//! In each layer the child is the number of keys at or below the address: eight compares that the
//! compiler makes two vector operations of. Nodes that have no such child are padded with the
//! largest key, and the child's number is capped.
//!
//! The low halves are read only where an interval starts within the address's own /64.

use zerocopy::little_endian::U64;

use crate::cpu::{KEYS, Lanes, prefetch};

/// Children of a node.
const FANOUT: usize = KEYS + 1;

/// Layers above the leaves: enough for 8 * 9^10 intervals.
pub(crate) const MAX_LAYERS: usize = 10;

/// The layers above the leaves, viewed in a file: root first.
#[derive(Clone, Copy)]
pub(crate) struct Tree<'a> {
    nodes: &'a [[U64; KEYS]],
    /// Root first.
    layers: [Layer; MAX_LAYERS],
    depth: usize,
}

/// Where a layer's nodes begin, and the last number that a child of them can have.
#[derive(Clone, Copy, Default)]
struct Layer {
    start: usize,
    last_child: usize,
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
        let (nodes, rest) = keys.as_chunks();
        let mut tree = Tree { nodes, layers: [Layer::default(); MAX_LAYERS], depth: 0 };
        let mut start = 0;
        let sizes = layer_sizes(count);
        for (layer, size) in sizes.iter().enumerate() {
            let children = sizes.get(layer + 1).copied().unwrap_or(count.div_ceil(KEYS));
            *tree.layers.get_mut(layer)? = Layer { start, last_child: children - 1 };
            start += size;
        }
        tree.depth = sizes.len();
        (start == nodes.len() && rest.is_empty()).then_some(tree)
    }

    /// Number of layers above the leaves.
    #[inline(always)]
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// From node `node` of `layer` to the number of its child that covers `high`.
    #[inline(always)]
    pub(crate) fn descend<L: Lanes>(&self, layer: usize, node: usize, high: u64) -> usize {
        let Layer { start, last_child } = self.layers[layer];
        let child = match self.nodes.get(start + node) {
            Some(keys) => L::count_up_to(keys, high),
            None => 0,
        };
        (node * FANOUT + child).min(last_child)
    }

    /// Asks for a node of a layer.
    #[inline(always)]
    pub(crate) fn prefetch(&self, layer: usize, node: usize) {
        prefetch(self.nodes, self.layers[layer].start + node);
    }

    /// The block of the leaf layer that holds the last key at or below `high`.
    #[inline(always)]
    pub(crate) fn block<L: Lanes>(&self, high: u64) -> usize {
        let mut node = 0;
        for layer in 0..self.depth {
            node = self.descend::<L>(layer, node, high);
        }
        node
    }

    /// Whether it is what [`build`] makes of the sorted array.
    pub(crate) fn is_index_of(&self, sorted: &[U64]) -> bool {
        self.nodes.as_flattened() == build(sorted)
    }
}

/// Where a block of the leaf layer begins.
#[inline(always)]
pub(crate) fn block_start(block: usize) -> usize {
    block * KEYS
}

/// The last key at or below `high` in a block of the sorted array.
#[inline(always)]
pub(crate) fn find_in_block<L: Lanes>(sorted: &[U64], block: usize, high: u64) -> usize {
    let start = block_start(block);
    let count = match sorted.get(start..).and_then(|keys| keys.first_chunk()) {
        Some(keys) => L::count_up_to(keys, high),
        // The last block may be shorter.
        None => sorted.get(start..).unwrap_or_default().iter().filter(|key| key.get() <= high).count(),
    };
    (start + count).saturating_sub(1)
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
    fn each_key_is_found_in_its_block_and_the_largest_key_in_the_last() {
        for count in [1, 8, 9, 71, 72, 73, 80, 648, 649, 700] {
            // Every key twice: the block is that of the last one at or below.
            let sorted: Vec<U64> = (0..count as u64).map(|number| U64::new(number / 2 * 10)).collect();
            let keys = build(&sorted);
            let tree = Tree::new(&keys, count).unwrap();
            assert!(tree.is_index_of(&sorted));
            for high in (0..count as u64 * 5 + 10).chain([u64::MAX]) {
                let right = sorted.iter().rposition(|key| key.get() <= high).unwrap();
                let block = tree.block::<Portable>(high);
                assert_eq!(block, right / KEYS, "{count} keys, {high}");
                assert_eq!(find_in_block::<Portable>(&sorted, block, high), right, "{count} keys, {high}");
            }
        }
    }
}
