using CsCheck;
using DirectorySync.Scim.V1;

namespace DirectorySync.Scim.Tests;

/// <summary>Random filters, users and operations that collide often enough to mean something.</summary>
internal static class Generators
{
    public static readonly Gen<string> Text = Gen.OneOf(
        Gen.OneOf("a", "A", "ab", "Ä", "work", "Work", "home", "x@example.com", "\"\\\n", "%_", "日本", "🙂", "7"),
        Gen.String[Gen.Char.AlphaNumeric, 1, 4]);

    private static readonly Gen<string> Name = Gen.OneOf(
        "userName", "title", "name.givenName", "name.formatted", "emails", "emails.type", "phoneNumbers.value", "externalId",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "tag_x", "tag_list", "office.floor",
        "urn:example:2.0:User:shoeSize", "roles", "addresses.locality");

    private static readonly Gen<string> Sub = Gen.OneOf("value", "type", "display", "primary", "verified");

    private static readonly Gen<string> Operator = Gen.OneOf("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le");

    private static readonly Gen<string> Literal = Gen.OneOf(
        Text.Select(t => System.Text.Json.JsonSerializer.Serialize(t)),
        Gen.OneOf("true", "false", "null", "7", "-1.5e3", "42", "\"\""));

    /// <summary>Filters as text, of which a part is refused by type.</summary>
    public static readonly Gen<string> FilterText = Expression(4, Gen.OneOf(
        Gen.Select(Name, Operator, Literal, (n, o, l) => $"{n} {o} {l}"),
        Name.Select(n => $"{n} pr"),
        Gen.OneOf("active eq true", "active eq false", "active pr", "name pr", "emails pr",
            """meta.lastModified gt "2026-01-01T00:00:00Z" """, """meta.created le "2026-06-01T00:00:00Z" """),
        Expression(2, Gen.OneOf(
            Gen.Select(Sub, Operator, Literal, (s, o, l) => $"{s} {o} {l}"), Sub.Select(s => $"{s} pr")))
            .Select(Gen.OneOf("emails", "phoneNumbers", "roles", "tag_list"), (f, a) => $"{a}[{f}]")));

    public static readonly Gen<Filter> Filter = FilterText.Select(text => Parse(text)).Where(f => f is not null).Select(f => f!);

    private static readonly Gen<string> Json = Gen.OneOf(
        Text.Select(t => System.Text.Json.JsonSerializer.Serialize(t)),
        Gen.OneOf("7", "42", "-1.50", "true", "false", "null", "[]", "{}", "\"\"", """["x","y"]""", """{"floor":4,"Room":"a"}""",
            """[{"value":"a","type":"work"},{"value":"b","verified":true}]""", """[1,null,{"a":{"b":[]}}]"""));

    private static readonly Gen<string> Quoted = Gen.OneOf(
        Text.Select(t => System.Text.Json.JsonSerializer.Serialize(t)), Gen.OneOf("null", "\"\"", "7"));

    private static readonly Gen<string> Element = Gen.OneOf(
        Gen.Select(Quoted, Quoted, Gen.OneOf("false", "\"False\"", "null"), (v, t, p) => $$"""{"value":{{v}},"type":{{t}},"primary":{{p}}}"""),
        Gen.Select(Quoted, Json, (v, j) => $$"""{"value":{{v}},"display":"d","verified":{{j}}}"""),
        Quoted);

    private static readonly Gen<string> Elements = Gen.OneOf(
        Element.Array[0, 3].Select(e => $"[{string.Join(',', e)}]"), Element);

    private static readonly Gen<string> Property = Gen.OneOf(
        Gen.Select(Gen.OneOf("userName", "title", "externalId", "NICKNAME", "locale"), Quoted, (n, v) => $"\"{n}\":{v}"),
        Gen.Select(Gen.OneOf("emails", "phoneNumbers", "roles", "entitlements"), Elements, (n, v) => $"\"{n}\":{v}"),
        Gen.Select(Quoted, Quoted, Json, (g, f, j) => $$"""
            "name":{"givenName":{{g}},"familyName":{{f}},"phonetic":{{j}}}
            """.Trim()),
        Gen.OneOf("\"active\":true", "\"active\":\"False\"", "\"active\":null", "\"name\":null"),
        Gen.Select(Gen.OneOf("tag_x", "tag_list", "office"), Json, (n, v) => $"\"{n}\":{v}"),
        Gen.Select(Quoted, Quoted, Json, (d, m, j) => $$"""
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":{{d}},"manager":{{m}},"grade":{{j}}}
            """.Trim()),
        Json.Select(j => $$"""
            "urn:example:2.0:User":{"shoeSize":{{j}}}
            """.Trim()),
        Quoted.Select(q => $$"""
            "addresses":[{"locality":{{q}},"type":"work"}]
            """.Trim()));

    /// <summary>A body of a user that can be read: every property once.</summary>
    public static readonly Gen<string> UserText = Property.Array[0, 8].Select(
        properties => $"{{{string.Join(',', properties.DistinctBy(p => p.Split(':')[0]))}}}");

    private static readonly Gen<string> Op = Gen.OneOf("add", "replace", "remove", "Add");

    /// <summary>Operations, of which a part is refused.</summary>
    public static readonly Gen<string> Operation = Gen.OneOf(
        Gen.Select(Op, Gen.OneOf(Name, Gen.OneOf("active", "name", "office", """emails[type eq "work"].value""", """emails[value eq "a"]""",
            """roles[value co "a"].type""", """tag_list[type eq "work"].value""", "emails.type",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User")),
            Gen.OneOf(Json, Elements, Element),
            (o, p, v) => $$"""{"op":"{{o}}","path":{{System.Text.Json.JsonSerializer.Serialize(p)}},"value":{{v}}}"""),
        Gen.Select(Op, UserText, (o, v) => $$"""{"op":"{{o}}","value":{{v}}}"""));

    public static Filter? Parse(string text)
    {
        try
        {
            return FilterParser.Parse(text, ResourceType.User);
        }
        catch (ScimException)
        {
            return null;
        }
    }

    private static Gen<string> Expression(int depth, Gen<string> leaf) => depth == 0 ? leaf : Gen.Frequency(
        (4, leaf),
        (1, Gen.Select(Expression(depth - 1, leaf), Expression(depth - 1, leaf), (a, b) => $"{a} and {b}")),
        (1, Gen.Select(Expression(depth - 1, leaf), Expression(depth - 1, leaf), (a, b) => $"({a} or {b})")),
        (1, Gen.Select(Expression(depth - 1, leaf), Expression(depth - 1, leaf), (a, b) => $"{a} or ({b})")),
        (1, Expression(depth - 1, leaf).Select(a => $"not ({a})")));
}
