// Keyed lists: the nodes of a parent follow the items of a list, and a node stays with its item, so that
// focus, selection and scroll positions survive a change of the list.

const ITEMS = new WeakMap();

/**
 * Makes the children of `parent` those of `items`: `key` identifies an item, `make` makes its node, and
 * `update` brings a node up to date, also a new one.
 */
export function reconcile(parent, items, key, make, update = () => {}) {
  const before = ITEMS.get(parent) ?? new Map();
  const after = new Map();
  for (const item of items) {
    const id = key(item);
    after.set(id, before.get(id) ?? make(item));
  }
  // Those that go are taken off first: then the others are mostly where they belong.
  for (const [id, node] of before) if (!after.has(id)) node.remove();
  let place = parent.firstChild;
  let index = 0;
  for (const node of after.values()) {
    if (node === place) place = place.nextSibling;
    else insert(parent, node, place);
    update(node, items[index]);
    index += 1;
  }
  ITEMS.set(parent, after);
}

// Moving a node takes the focus from what is in it.
function insert(parent, node, place) {
  const focused = node.contains(document.activeElement) ? document.activeElement : null;
  parent.insertBefore(node, place);
  focused?.focus({ preventScroll: true });
}
