// Parts of the page that few need, such as the administration: they are fetched when they are first used, so
// that the inbox comes sooner.

import { announce } from "./announce.js";

/** A function of a module that `load` imports when it is first called. */
export function later(load, name) {
  return async (...given) => {
    let module;
    try {
      module = await load();
    } catch {
      return announce("The server does not answer.");
    }
    return module[name](...given);
  };
}
