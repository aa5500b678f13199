/**
 * A class field that overrides a method, `override setup = async () => { … }`, replaces the methods of all add-ons below and above it
 * on the instance: `super.setup` no longer reaches it and an add-on mixed in later never runs. TypeScript accepts it.
 */
const noFieldOverride = {
  meta: { type: "problem", docs: { description: "Forbid class fields that override methods." } },
  /** @param {{ report(problem: { node: unknown, message: string }): void }} context */
  create(context) {
    return {
      /** @param {{ key: unknown, value?: { type: string }, override?: boolean }} node */
      PropertyDefinition(node) {
        const isFunction = node.value?.type === "ArrowFunctionExpression" || node.value?.type === "FunctionExpression";
        if (!node.override || !isFunction) return;
        context.report({
          node: node.key,
          message: "A field must not override a method: write it as a method, or `super` and add-ons pass it by.",
        });
      },
    };
  },
};

export default { meta: { name: "snapfit" }, rules: { "no-field-override": noFieldOverride } };
