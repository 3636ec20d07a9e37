using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using DirectorySync.Scim.V1;

namespace DirectorySync.Scim.Tests;

/// <summary>A directory with attributes of its own (RFC 7643 §3.3): its resource type is all that parsing needs to know of them.</summary>
public sealed class CustomSchemaTests
{
    private static readonly ResourceType Type = ResourceType.User.With(new Schema(SchemaUrns.CustomUser, "Custom", "Custom attributes",
    [
        new() { Name = "startDate", Description = "First day", Type = AttributeType.DateTime },
        new() { Name = "shoeSize", Description = "EU", Type = AttributeType.Integer },
        new() { Name = "badge", Description = "Badge", CaseExact = true },
        new() { Name = "tags", Description = "Tags", MultiValued = true },
    ]));

    private static readonly KeyColumns Columns = new(Type, "u.doc");

    [Fact]
    public void Its_values_are_kept_by_the_declared_names_and_returned_under_its_urn() => Bodies.Same(
        """{"startDate":"2026-01-02T03:04:05Z","shoeSize":42,"tags":["a"]}""",
        Json(User("""{"STARTDATE":"2026-01-02T03:04:05Z","shoesize":42,"tags":["a"]}"""))[SchemaUrns.CustomUser]);

    [Theory]
    [InlineData("shoesize gt 41", "shoeSize", AttributeType.Integer, false)]
    [InlineData("STARTDATE ge \"2026-01-02T00:00:00Z\"", "startDate", AttributeType.DateTime, false)]
    [InlineData("badge sw \"A\"", "badge", AttributeType.String, true)]
    public void A_filter_knows_its_types(string filter, string attribute, AttributeType type, bool caseExact)
    {
        var parsed = FilterParser.Parse($"{SchemaUrns.CustomUser}:{filter}", Type);

        var path = parsed.Comparison.Path;
        Assert.Equal((SchemaUrns.CustomUser, attribute, type, caseExact), (path.Schema, path.Attribute, path.Type, path.CaseExact));
        Assert.Equal(parsed, FilterParser.Parse(FilterPrinter.Print(parsed, Type), Type));
        Assert.Contains("u.doc", FilterSql.Compile(parsed, Columns).ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("startDate gt \"soon\"")]
    [InlineData("shoeSize eq \"large\"")]
    [InlineData("badge.x eq \"a\"")]
    public void A_filter_against_its_types_is_refused(string filter) =>
        Bodies.Refused(() => FilterParser.Parse($"{SchemaUrns.CustomUser}:{filter}", Type), "invalidFilter");

    [Theory]
    [InlineData("""{"op":"replace","path":"URN:shoesize","value":43}""", """{"shoeSize":43,"tags":["a"]}""")]
    [InlineData("""{"op":"remove","path":"URN:shoeSize"}""", """{"tags":["a"]}""")]
    [InlineData("""{"op":"add","value":{"URN":{"badge":"Ab"} } }""", """{"shoeSize":42,"tags":["a"],"badge":"Ab"}""")]
    [InlineData("""{"op":"replace","value":{"URN:SHOESIZE":44} }""", """{"shoeSize":44,"tags":["a"]}""")]
    [InlineData("""{"op":"add","path":"URN","value":{"badge":"Ab"} }""", """{"shoeSize":42,"tags":["a"],"badge":"Ab"}""")]
    public void A_patch_reaches_its_attributes(string operation, string expected)
    {
        var operations = UserPatch.Read(Bodies.Utf8(
            $$"""{"Operations":[{{operation.Replace("URN", SchemaUrns.CustomUser, StringComparison.Ordinal)}}]}"""), Type);

        var patched = UserPatch.Apply(User("""{"shoeSize":42,"tags":["a"]}"""), operations, Type);

        Bodies.Same(expected, Json(patched)[SchemaUrns.CustomUser]);
    }

    [Fact]
    public void A_projection_names_its_attributes()
    {
        var user = User("""{"shoeSize":42,"badge":"Ab"}""");

        Bodies.Same("""{"badge":"Ab"}""", Json(user, Projection.Of(Type, $"{SchemaUrns.CustomUser}:BADGE", null))[SchemaUrns.CustomUser]);
        Bodies.Same("""{"shoeSize":42}""", Json(user, Projection.Of(Type, null, $"{SchemaUrns.CustomUser}:badge"))[SchemaUrns.CustomUser]);
        Assert.Null(Json(user, Projection.Of(Type, null, SchemaUrns.CustomUser))[SchemaUrns.CustomUser]);
    }

    [Fact]
    public void It_is_listed_among_the_types_extensions_and_others_stay_without_it()
    {
        Assert.Equal([SchemaUrns.EnterpriseUser, SchemaUrns.CustomUser], Type.Extensions.Select(extension => extension.Urn));
        Assert.Equal(SchemaUrns.CustomUser, Type.FindSchema(SchemaUrns.CustomUser.ToUpperInvariant())!.Urn);
        Assert.Null(ResourceType.User.FindSchema(SchemaUrns.CustomUser));
    }

    private static Identity.V1.User User(string custom) =>
        UserJson.Read(Bodies.Utf8($$"""{"userName":"a","{{SchemaUrns.CustomUser}}":{{custom}}}"""), Type);

    private static JsonNode Json(Identity.V1.User user, Projection? projection = null)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, ScimJson.WriterOptions))
        {
            UserJson.Write(writer, user, Bodies.BaseUrl, null, projection, Type);
        }

        return JsonNode.Parse(buffer.WrittenSpan)!;
    }
}
