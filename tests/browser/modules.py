"""What single modules of the page do, asked in the browser that runs them."""

from webdriver import expect


def descriptions_run_nothing(site):
    site.show()
    html = site.browser.run("""
        const { blocks } = await import("/docs/text.js");
        const text = "A `<b>` and *one* [link](/docs), **<img src=x onerror=alert(1)>**\\n\\n" +
          "- [bad](javascript:alert(1))\\n- [worse](data:text/html,x)";
        const holder = document.createElement("div");
        holder.append(...blocks(text));
        return holder.outerHTML;
    """)
    expected = (
        '<div><p>A <code>&lt;b&gt;</code> and <em>one</em> <a href="/docs" rel="noreferrer">link</a>, '
        "<strong>&lt;img src=x onerror=alert(1)&gt;</strong></p>"
        "<ul><li>[bad](javascript:alert(1))</li><li>[worse](data:text/html,x)</li></ul></div>"
    )
    expect(html == expected, f"a description became {html}")


def numbers_keep_their_digits(site):
    site.show()
    shown = site.browser.run("""
        const { jsonBlock } = await import("/docs/json.js");
        return jsonBlock('{"a":9223372036854775807,"b":[1.0,{"c":"x: {\\\\"1\\\\"}"}],"d":{},"e":[]}').textContent;
    """)
    expected = '{\n  "a": 9223372036854775807,\n  "b": [1.0, { "c": "x: {\\"1\\"}" }],\n  "d": {},\n  "e": []\n}'
    expect(shown == expected, f"JSON became {shown}")


def a_proxy_may_serve_it_below_a_path(site):
    site.show()
    url = site.browser.run("""
        const { Api } = await import("/docs/api.js");
        const description = await (await fetch("/openapi.json")).json();
        return new Api(description, new URL("/support/", location.href)).url("/api/v1/inboxes");
    """)
    expect(url == f"{site.base}/support/api/v1/inboxes", f"requests go to {url}")


def commands_are_safe_to_paste(site):
    site.show()
    command = site.browser.run("""
        const { curlOf } = await import("/docs/request.js");
        return curlOf({ method: "PUT", url: "/a?q=it's", headers: [["X-Request-Id", "$(id)"]], body: "'; rm -rf ~ #" });
    """)
    expected = (
        "curl -sS -X PUT '/a?q=it'\\''s' \\\n"
        '  -H "Authorization: Bearer $CONVERSATIONS_KEY" \\\n'
        "  -H 'X-Request-Id: $(id)' \\\n"
        "  --data-raw ''\\''; rm -rf ~ #'"
    )
    expect(command == expected, f"the command is {command}")
