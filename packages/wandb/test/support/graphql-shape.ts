/** What a GraphQL request asks, in an order of its own: fragments stand where they are used. */
export interface GraphqlShape {
  /** `query` or `mutation`. */
  readonly kind: string;
  /** Types by variable, with defaults. */
  readonly variables: Readonly<Record<string, string>>;
  /** Arguments by the path of the field that takes them; members of `input` sorted. */
  readonly arguments: Readonly<Record<string, string>>;
  /** Paths of the fields that have no fields. */
  readonly fields: readonly string[];
}

export function graphqlShape(text: string): GraphqlShape {
  const words = text.match(/\.\.\.|[$@]?\w+!?|[^\s,\w]/g) ?? [];
  let at = 0;
  const next = (): string => words[at++]!;
  const skipTo = (word: string): void => {
    while (words[at] !== word) at += 1;
  };
  /** What stands between here and the bracket that closes the next one, with that. */
  const bracketed = (): string[] => {
    const start = at;
    let depth = 0;
    do {
      if ("({[".includes(words[at]!)) depth += 1;
      if (")}]".includes(words[at]!)) depth -= 1;
      at += 1;
    } while (depth > 0);
    return words.slice(start + 1, at - 1);
  };
  const fragments = new Map<string, Selection[]>();
  const selections = (): Selection[] => {
    const found: Selection[] = [];
    next(); // {
    while (words[at] !== "}") {
      if (words[at] === "...") {
        at += 1;
        found.push({ name: `...${next()}`, arguments: "", fields: [] });
        continue;
      }
      const name = next();
      const args = words[at] === "(" ? argumentsText(bracketed()) : "";
      while (words[at]?.startsWith("@") === true) {
        at += 1;
        bracketed();
      }
      found.push({ name, arguments: args, fields: words[at] === "{" ? selections() : [] });
    }
    next(); // }
    return found;
  };
  const kind = next();
  next(); // its name
  const variables = words[at] === "(" ? variableTypes(bracketed()) : {};
  const top = selections();
  while (at < words.length) {
    next(); // fragment
    const name = next();
    skipTo("{");
    fragments.set(name, selections());
  }
  const args: Record<string, string> = {};
  const fields: string[] = [];
  const walk = (list: readonly Selection[], path: readonly string[]): void => {
    for (const { name, arguments: text, fields: own } of list) {
      if (name.startsWith("...")) walk(fragments.get(name.slice(3))!, path);
      else {
        const here = [...path, name];
        if (text !== "") args[here.join(".")] = text;
        if (own.length === 0) fields.push(here.join("."));
        walk(own, here);
      }
    }
  };
  walk(top, []);
  return { kind, variables, arguments: args, fields: fields.sort() };
}

interface Selection {
  readonly name: string;
  readonly arguments: string;
  readonly fields: readonly Selection[];
}

function variableTypes(words: readonly string[]): Record<string, string> {
  const list = words.join("").split("$").slice(1);
  return Object.fromEntries(list.map((each) => [each.slice(0, each.indexOf(":")), each.slice(each.indexOf(":") + 1)]));
}

/** `input: {a: $a, b: $b}`, or `name: $name`. */
function argumentsText(words: readonly string[]): string {
  const text = words.join(" ");
  const members = [...text.matchAll(/(\w+) : (\$\w+|\w+)/g)].map(([, name, value]) => `${name}: ${value}`);
  return `${text.startsWith("input : {") ? "input: " : ""}${members.sort().join(", ")}`;
}
