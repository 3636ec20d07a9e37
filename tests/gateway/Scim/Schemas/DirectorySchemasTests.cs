using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using DirectorySync.Gateway.Scim.Schemas;
using DirectorySync.Scim;
using DirectorySync.Scim.V1;

namespace DirectorySync.Gateway.Tests.Scim.Schemas;

/// <summary>RFC 7643 §6 and §7: what a directory has is what it advertises.</summary>
public sealed class DirectorySchemasTests
{
    private const string BaseUrl = "https://example.com/scim/v2/abc";

    private static readonly Schema Custom = new(SchemaUrns.CustomUser, "Custom", "Custom attributes",
        [new() { Name = "startDate", Description = "First day", Type = AttributeType.DateTime, CanonicalValues = ["x"] }]);

    private static readonly DirectorySchemas Schemas = new(ResourceType.User.With(Custom), ResourceType.Group);

    [Fact]
    public void Attributes_of_a_directorys_own_are_advertised_as_an_extension_of_the_user()
    {
        Assert.Equal(["User", "Group"], Schemas.Types.Select(type => type.Name));
        Assert.Equal(
            [SchemaUrns.User, SchemaUrns.EnterpriseUser, SchemaUrns.CustomUser, SchemaUrns.Group], Schemas.All.Select(schema => schema.Urn));
        var type = Write(writer => SchemaJson.Write(writer, Schemas.User, BaseUrl));
        Assert.Equal(
            [SchemaUrns.EnterpriseUser, SchemaUrns.CustomUser],
            type["schemaExtensions"]!.AsArray().Select(extension => extension!["schema"]!.GetValue<string>()));
        Assert.Equal(SchemaUrns.User, type["schema"]!.GetValue<string>());
    }

    [Fact]
    public void A_schema_has_all_that_section_7_says_of_an_attribute() => Assert.True(JsonNode.DeepEquals(
        JsonNode.Parse($$"""
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Schema"],"id":"{{SchemaUrns.CustomUser}}","name":"Custom",
             "description":"Custom attributes","attributes":[{"name":"startDate","type":"dateTime","multiValued":false,"description":"First day",
              "required":false,"canonicalValues":["x"],"caseExact":false,"mutability":"readWrite","returned":"default","uniqueness":"none"}],
             "meta":{"resourceType":"Schema","location":"{{BaseUrl}}/Schemas/{{SchemaUrns.CustomUser}}"} }
            """),
        Write(writer => SchemaJson.Write(writer, Custom, BaseUrl))));

    private static JsonNode Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, ScimJson.WriterOptions))
        {
            write(writer);
        }

        return JsonNode.Parse(buffer.WrittenSpan)!;
    }
}
