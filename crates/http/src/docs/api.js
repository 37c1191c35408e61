// What the description of the API says, in the shape in which the page shows it.

const METHODS = ["get", "post", "put", "patch", "delete"];

export class Api {
  #document;
  #root;

  /** A description, and the URL of the folder that this page lies in: a proxy may serve it below one. */
  constructor(document, root) {
    this.#document = document;
    this.#root = root;
    this.info = document.info;
    const [introduction, ...sections] = document.info.description.split(/^## /m);
    this.introduction = introduction;
    this.sections = sections.map((text) => ({ title: text.split("\n")[0].trim(), text: text.slice(text.indexOf("\n")) }));
    this.operations = this.#readOperations();
    this.groups = document.tags.map(({ name, description }) => {
      const operations = this.operations.filter(({ group }) => group === name);
      return { name, description, operations };
    });
  }

  find(id) {
    return this.operations.find((operation) => operation.id === id);
  }

  /** The operation that lists what lies at a path, if there is one. */
  listing(path) {
    return this.operations.find((each) => each.method === "GET" && each.path === path);
  }

  /** The whole URL of a path of the API. */
  url(path) {
    return this.#root.href + path.slice(1);
  }

  /** What a reference leads to, with what stands beside it; everything else as it is. */
  resolve(value) {
    if (!value?.$ref) return value ?? {};
    const { $ref, ...beside } = value;
    const names = $ref.replace(/^#\//, "").split("/");
    const target = names.reduce((inside, name) => inside?.[decode(name)], this.#document);
    return { ...this.resolve(target), ...beside };
  }

  /** The name of what is referred to; none for what is described in its place. */
  nameOf(schema) {
    return schema?.$ref?.split("/").pop();
  }

  /** A value with its fields in the order in which the API writes them. */
  arrange(value, schema) {
    const resolved = this.resolve(schema);
    if (Array.isArray(value)) return value.map((item) => this.arrange(item, resolved.items));
    if (value === null || typeof value !== "object") return value;
    const branch = resolved.anyOf?.find((each) => this.resolve(each).properties);
    if (branch) return this.arrange(value, branch);
    const order = resolved["x-order"] ?? [];
    const names = [...order.filter((name) => name in value), ...Object.keys(value)];
    const arranged = names.map((name) => [name, this.arrange(value[name], resolved.properties?.[name])]);
    return Object.fromEntries(arranged);
  }

  #readOperations() {
    return Object.entries(this.#document.paths).flatMap(([path, methods]) => {
      const shared = methods.parameters ?? [];
      const present = METHODS.filter((method) => methods[method]);
      return present.map((method) => this.#readOperation(path, method, methods[method], shared));
    });
  }

  #readOperation(path, method, described, shared) {
    const permission = described["x-permission"];
    const body = this.resolve(described.requestBody);
    const responses = Object.entries(described.responses);
    return {
      path,
      method: method.toUpperCase(),
      id: described.operationId,
      group: described.tags[0],
      summary: described.summary,
      // The page shows the permission in a place of its own.
      description: described.description.replace(`Needs \`${permission}\`.`, "").trim(),
      permission,
      open: described.security?.length === 0,
      parameters: [...shared, ...described.parameters].map((each) => this.resolve(each)),
      body: body.content && { required: body.required === true, ...this.#readContent(body) },
      responses: responses.map(([status, each]) => this.#readResponse(status, each)),
    };
  }

  #readResponse(status, given) {
    const response = this.resolve(given);
    const headers = Object.entries(response.headers ?? {});
    return {
      status: Number(status),
      description: response.description,
      links: Object.values(response.links ?? {}),
      headers: headers.map(([name, header]) => ({ name, ...this.resolve(header) })),
      ...this.#readContent(response),
    };
  }

  #readContent({ content }) {
    const [type, media] = Object.entries(content ?? {})[0] ?? [];
    if (!media) return { examples: [] };
    const named = Object.entries(media.examples ?? {}).map(([name, { value }]) => [name, value]);
    const all = "example" in media ? [["Example", media.example], ...named] : named;
    const examples = all.map(([name, value]) => ({ name, value: this.arrange(value, media.schema) }));
    return { type, schema: media.schema, examples };
  }
}

/** A name in a JSON pointer (RFC 6901). */
function decode(name) {
  return decodeURIComponent(name).replace(/~1/g, "/").replace(/~0/g, "~");
}
